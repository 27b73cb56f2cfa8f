/** The demo's pages on the aggregator's own origin: the built page, the wines, and the call to the neighbors. Imports node:http's types. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, posix } from "node:path";
import { CofactorError } from "../../shared/errors.ts";
import { packageRoot } from "../package-root.ts";

/** A page's files by their paths, "index.html" among them. */
export type SiteFiles = ReadonlyMap<string, Uint8Array>;

/** What the site serves beside its files. */
export interface SiteParts {
  readonly files: SiteFiles;
  /** What the page must know before it joins: public facts. */
  readonly facts: object;
  /** Calls the neighbors to a round. */
  onCall(): void;
}

/** Nothing from elsewhere, nothing inline, no frame around it: what the page shows it has from this origin alone. */
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The page as the build left it. @throws CofactorError CONFIG_INVALID when it was not built */
export function readBuiltSite(): SiteFiles {
  const folder = join(packageRoot(), "dist", "demo");
  if (!existsSync(join(folder, "index.html"))) {
    throw new CofactorError("CONFIG_INVALID", 'the demo expected its page in dist/demo: "npm run build" makes it');
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}

/** Answers what belongs to the demo; false for everything else. */
export function createSite({ files, facts, onCall }: SiteParts): (request: IncomingMessage, response: ServerResponse) => boolean {
  const factsText = JSON.stringify(facts);
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0]!;
    if (path === "/demo/round") {
      answerCall(request, response, onCall);
      return true;
    }
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    if (path === "/demo/facts.json") {
      send(response, 200, "application/json", factsText);
      return true;
    }
    const name = path === "/" ? "index.html" : path.slice(1);
    const file = files.get(name);
    if (file === undefined) return false;
    send(response, 200, types[posix.extname(name)] ?? "application/octet-stream", file);
    return true;
  };
}

/** Only this origin's own page calls: another site's form or script is refused. */
function answerCall(request: IncomingMessage, response: ServerResponse, onCall: () => void): void {
  request.resume();
  const { origin, host } = request.headers;
  if (request.method !== "POST") send(response, 405, "text/plain", "only POST\n");
  else if (host === undefined || origin !== `http://${host}`) send(response, 403, "text/plain", "only from this origin\n");
  else {
    onCall();
    send(response, 202, "text/plain", "called\n");
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, {
    "content-type": type,
    "content-security-policy": policy,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}
