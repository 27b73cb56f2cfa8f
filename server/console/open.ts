/** The console put together: nothing of it is there without a token. Imports the desk, the feed, the pages. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { SiteFiles } from "../../shared/site.node.ts";
import { ConsoleDesk } from "./desk.ts";
import { ConsoleFeed, type FeedParts } from "./feed.ts";
import { builtConsole, createConsolePages } from "./pages.ts";

/** A console. */
export interface OpenConsole {
  readonly desk: ConsoleDesk;
  /** The console's pages before others. */
  pages(others: RequestListener): RequestListener;
}

/** @returns undefined without a token: then `/console` is not found */
export async function openConsole(
  { consoleToken: token, consoleFiles }: { readonly consoleToken?: string | undefined; readonly consoleFiles?: SiteFiles | undefined },
  parts: FeedParts,
): Promise<OpenConsole | undefined> {
  if (token === undefined) return undefined;
  const feed = new ConsoleFeed(parts, await parts.store.records(parts.run.terms.id));
  const { coordinator, events, clock } = parts;
  const files = consoleFiles ?? builtConsole();
  const serve = files === undefined ? () => false : createConsolePages(files);
  return {
    desk: new ConsoleDesk({ token, feed, orders: coordinator.orders, events, clock }),
    pages: (others) => (request: IncomingMessage, response: ServerResponse) => {
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (!isRead || !serve(request, response)) others(request, response);
    },
  };
}
