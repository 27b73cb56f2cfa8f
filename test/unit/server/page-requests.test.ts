import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerEvents } from "../../../server/events.ts";
import { namedRequests, routeOf } from "../../../server/page-requests.ts";
import { createEmitter } from "../../../shared/emitter.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(pages: RequestListener): Promise<{ readonly url: string; readonly told: ServerEvents["page"][] }> {
  const events = createEmitter<ServerEvents>();
  const told: ServerEvents["page"][] = [];
  events.on("page", (event) => told.push(event));
  const http = createServer(namedRequests(pages, events, () => performance.now()));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => http.close(resolve)));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, told };
}

describe("requests of pages", () => {
  it("get a name of the server's own, another one each, whatever name they bring, and are told of under it", async () => {
    const { url, told } = await serve((_, response) => response.writeHead(503).end());
    const headers = { "x-request-id": "a stranger's text" };
    const names = [];
    for (let at = 0; at < 3; at++) names.push((await fetch(`${url}/status`, { headers })).headers.get("x-request-id"));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[0-9a-f-]{36}$/);
    await expect.poll(() => told.length).toBe(3);
    expect(told.map(({ request }) => request)).toEqual(names);
    expect(told[0]).toMatchObject({ method: "GET", route: "/status", status: 503, ms: expect.any(Number) as number });
    expect(JSON.stringify(told)).not.toContain("stranger");
  });

  it("are told of by route and a known method alone: what else a stranger writes is in no line", async () => {
    const { url, told } = await serve((_, response) => response.writeHead(404).end());
    await fetch(`${url}/console/..%2fsecret?token=mine`);
    await fetch(`${url}/mine?token=mine`, { method: "PROPFIND" });
    await fetch(`${url}/metrics?mine`, { method: "HEAD" });
    await expect.poll(() => told.length).toBe(3);
    expect(told.map(({ method, route }) => `${method} ${route}`)).toEqual(["GET /console", "other other", "HEAD /metrics"]);
    expect(JSON.stringify(told)).not.toMatch(/mine|secret|PROPFIND/);
    expect([routeOf(undefined), routeOf("/console"), routeOf("/consoles"), routeOf("/")]).toEqual(["other", "/console", "other", "other"]);
  });
});
