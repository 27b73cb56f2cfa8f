/** The console's page: static files under /console/, under a strict policy; nothing secret is in them. Imports node:http's types, shared's site. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { contentTypeOf, readBuiltSite, type SiteFiles } from "../../shared/site.node.ts";

/** Scripts, styles and the socket of this origin alone; nothing inline, no frame around it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers GET /console and the files below it; false for everything else. */
export function createConsolePages(files: SiteFiles): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0]!;
    if (path === "/console") {
      response.writeHead(308, { location: "/console/", "cache-control": "no-store" }).end();
      return true;
    }
    if (!path.startsWith("/console/")) return false;
    const name = path === "/console/" ? "index.html" : path.slice("/console/".length);
    const file = files.get(name);
    if (file === undefined) return false;
    response.writeHead(200, {
      "content-type": contentTypeOf(name),
      "content-security-policy": policy,
      "x-frame-options": "DENY",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : file);
    return true;
  };
}

/** The page as the build left it; undefined where it was not built. */
export function builtConsole(): SiteFiles | undefined {
  try {
    return readBuiltSite("console");
  } catch {
    return undefined;
  }
}
