/** The plain pages beside the socket: health, readiness, metrics, status. Imports node:http's types. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";

/** What the pages show. */
export interface Pages {
  readonly metrics: Metrics;
  /** True while the server takes part in rounds. */
  isReady(): boolean;
  /** Public facts, without a client, a rating or a key. */
  status(): object | Promise<object>;
  /** What `/metrics` and `/status` ask for; by default nothing. */
  readonly token?: string | undefined;
}

/** Answers GET /health, /ready, /metrics and /status; everything else is 404. */
export function createRequestListener(pages: Pages): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(pages, request, response).catch(() => send(response, 500, "text/plain", "failed\n"));
  };
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "text/plain", "only GET\n");
  if (isGuarded(request.url) && !mayRead(pages.token, request)) {
    response.setHeader("www-authenticate", "Bearer");
    return send(response, 401, "text/plain", "a token is needed\n");
  }
  switch (request.url) {
    case "/health":
      return send(response, 200, "text/plain", "ok\n");
    case "/ready":
      return pages.isReady() ? send(response, 200, "text/plain", "ready\n") : send(response, 503, "text/plain", "not ready\n");
    case "/metrics":
      return send(response, 200, pages.metrics.contentType, await pages.metrics.text());
    case "/status":
      return send(response, 200, "application/json", `${JSON.stringify(await pages.status())}\n`);
    default:
      return send(response, 404, "text/plain", "not found\n");
  }
}

/** Liveness and readiness say nothing: whoever watches the process may ask. */
function isGuarded(url: string | undefined): boolean {
  return url === "/metrics" || url === "/status";
}

/** Compares hashes, so that the time it takes tells nothing of the token. */
function mayRead(token: string | undefined, request: IncomingMessage): boolean {
  if (token === undefined) return true;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" });
  response.end(body);
}
