/** The console put together: nothing of it is there without a token. Imports the desk, the feed, the pages. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { SiteFiles } from "../../shared/site.node.ts";
import { ConsoleDesk, type ConsoleParts, type ConsoleSource } from "./desk.ts";
import { ConsoleFeed, type FeedParts } from "./feed.ts";
import { builtConsole, createConsolePages } from "./pages.ts";

/** A console. */
export interface OpenConsole {
  readonly desk: ConsoleDesk;
  /** The console's pages before others. */
  pages(others: RequestListener): RequestListener;
}

/** How an operator has it. */
export interface ConsoleOptions {
  readonly consoleToken?: string | undefined;
  /** The built page; by default that of the package. */
  readonly consoleFiles?: SiteFiles | undefined;
}

/** What a server shows to consoles. @returns undefined without a token: then nobody looks */
export async function consoleSource({ consoleToken }: ConsoleOptions, parts: FeedParts): Promise<ConsoleSource | undefined> {
  if (consoleToken === undefined) return undefined;
  return { feed: new ConsoleFeed(parts, await parts.store.records(parts.run.terms.id)), orders: parts.coordinator.orders };
}

/** @returns undefined without a token: then `/console` is not found */
export function openConsole({ consoleToken, consoleFiles }: ConsoleOptions, parts: Omit<ConsoleParts, "token">): OpenConsole | undefined {
  if (consoleToken === undefined) return undefined;
  const files = consoleFiles ?? builtConsole();
  const serve = files === undefined ? () => false : createConsolePages(files);
  return {
    desk: new ConsoleDesk({ ...parts, token: consoleToken }),
    pages: (others) => (request: IncomingMessage, response: ServerResponse) => {
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (!isRead || !serve(request, response)) others(request, response);
    },
  };
}
