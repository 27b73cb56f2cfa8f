/** Serves the demo to a person at this machine, until they end it. Imports demo when it is wanted. */
import type { CommandIo } from "../../shared/command/command.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { browserCommand, type Desktop, openBrowser } from "./browser.ts";

/** Where the demo listens. */
export interface DemoAddress {
  readonly port: number;
  readonly host?: string;
}

/** Serves the demo until the command is interrupted. @param onReady told the page's address */
export async function serveDemo(address: DemoAddress, { out, signal }: CommandIo, onReady: (url: string) => void): Promise<void> {
  const [{ startDemo }, { readBuiltSite }] = await Promise.all([import("./demo.ts"), import("./site.ts")]);
  const demo = await startDemo({ ...address, files: readBuiltSite() });
  try {
    demo.server.on("round", ({ round, outcome, accepted }) => out(`demo         round ${round} ${outcome}, ${accepted} devices\n`));
    if (!signal.aborted) onReady(demo.url);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await demo.close();
  }
}

/**
 * Opens the demo in a person's browser and keeps it until Ctrl-C. Says how to get it where there is a terminal without a browser; says and
 * does nothing in a script, a pipe or continuous integration. A demo that cannot start is no failure of what was done before.
 */
export async function offerDemo(io: CommandIo, desktop: Desktop = { platform: process.platform, env: process.env }): Promise<void> {
  if (io.isInteractive !== true) return;
  const command = browserCommand(desktop);
  if (command === undefined) {
    io.out('\ndemo         "npx cofactor serve --demo" serves the same wines to a browser: rate some, and see what leaves your device\n');
    return;
  }
  try {
    await serveDemo({ port: 0 }, io, (url) => {
      io.out(
        `\ndemo         ${url}: rate wines in your browser and see what leaves your device; Ctrl-C ends it, "--demo off" leaves it out\n`,
      );
      openBrowser(command, url);
    });
  } catch (error) {
    io.err(`demo         could not start: ${isCofactorError(error) ? error.message : "unknown"}\n`);
  }
}
