/** Opens a page in the person's own browser, where there is one. Imports node:child_process. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What a platform says of itself. */
export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The command that opens an address, as words without the address; undefined where no browser can be opened. */
export function browserCommand({ platform, env }: Desktop): readonly string[] | undefined {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  const hasDisplay = Boolean(env["DISPLAY"]) || Boolean(env["WAYLAND_DISPLAY"]);
  return hasDisplay && isOnPath("xdg-open", env["PATH"]) ? ["xdg-open"] : undefined;
}

/** Starts the command and leaves it alone: whether a window comes up is the desktop's to say. */
export function openBrowser([program, ...words]: readonly string[], url: string): void {
  const child = spawn(program!, [...words, url], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}

function isOnPath(program: string, path = ""): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
