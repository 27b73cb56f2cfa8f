/** The demo's pages on the aggregator's own origin: the built page, the wines, and the call to the neighbors. Imports node:http's types. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { contentTypeOf, readBuiltSite as readBuilt, type SiteFiles } from "../../shared/site.node.ts";

export type { SiteFiles };

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

/** The page as the build left it. @throws CofactorError CONFIG_INVALID when it was not built */
export function readBuiltSite(): SiteFiles {
  return readBuilt("demo");
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
    send(response, 200, contentTypeOf(name), file);
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
