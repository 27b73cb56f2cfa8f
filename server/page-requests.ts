/** Names for the requests of pages: one of this server's own for each, in its answer and in the log. Imports node:http's types. */
import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import type { Emitter } from "../shared/emitter.ts";
import type { ServerEvents } from "./events.ts";

const routes: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics", "/status", "/console"]);
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/**
 * Answers with `X-Request-Id` and tells of every answer. A name that the request brings is not looked at: what a stranger writes is in no log.
 * @param nowMs a clock for durations
 */
export function namedRequests(pages: RequestListener, events: Pick<Emitter<ServerEvents>, "emit">, nowMs: () => number): RequestListener {
  return (request, response) => {
    const name = randomUUID();
    const startedMs = nowMs();
    const { method = "", url } = request;
    response.setHeader("x-request-id", name);
    response.once("close", () => {
      const ms = Math.round((nowMs() - startedMs) * 10) / 10;
      const known = methods.has(method) ? method : "other";
      events.emit("page", { request: name, method: known, route: routeOf(url), status: response.statusCode, ms });
    });
    pages(request, response);
  };
}

/** A page by its place among those there are; "other" for what is none. */
export function routeOf(url: string | undefined): string {
  const path = (url ?? "").split("?")[0]!;
  if (routes.has(path)) return path;
  return path.startsWith("/console/") ? "/console" : "other";
}
