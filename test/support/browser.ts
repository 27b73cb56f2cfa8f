/** A headless Chromium and a static server of one bundled page, for the browser tests. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../../.config/system-parts.ts";
import { root } from "./source-tree.ts";

/** The path of a Chromium, when there is one: CHROMIUM_PATH, or where the system keeps it. */
export function chromiumPath(): string | undefined {
  return process.env["CHROMIUM_PATH"] ?? findChromium();
}

/** Starts Chromium: nothing but what the page itself asks for leaves it. */
export function launchChromium(executablePath: string): Promise<Browser> {
  const off = ["gpu", "quic", "background-networking", "component-update", "sync"].map((part) => `--disable-${part}`);
  return chromium.launch({ executablePath, headless: true, args: ["--no-sandbox", "--no-first-run", ...off] });
}

/** A page served from this machine. */
export interface ServedPage {
  readonly origin: string;
  close(): Promise<void>;
}

/** Bundles a module as an app would, and serves it with a page that loads it; `connect` is all that the page may connect to. */
export async function servePage(entry: string, connect: () => string): Promise<ServedPage> {
  const { build } = await import("vite");
  const result = await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: true, target: "es2023", rolldownOptions: { input: entry } },
    worker: { format: "es" },
  });
  const files = new Map<string, string>();
  let script = "";
  for (const output of Array.isArray(result) ? result : [result]) {
    for (const file of "output" in output ? output.output : []) {
      // A worker's bundle comes as an asset.
      files.set(`/${file.fileName}`, file.type === "chunk" ? file.code : file.source.toString());
      if (file.type === "chunk" && file.isEntry) script = `/${file.fileName}`;
    }
  }
  const http = createServer((request, response) => {
    const code = files.get(request.url ?? "");
    const policy = `default-src 'none'; script-src 'self'; connect-src ${connect()}`;
    if (code !== undefined) response.writeHead(200, { "content-type": "text/javascript" }).end(code);
    else if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
      response.end(`<!doctype html><title>films</title><body><script type="module" src="${script}"></script>`);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
