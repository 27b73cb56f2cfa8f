/**
 * Programs that the tests need and npm cannot bring: Chromium for the browser tests. Installs them where it may (root on
 * Debian or a system made of it), and otherwise says which command to run. Quick when all is there. Imports node: modules only.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const packages = ["chromium"];

/** The path of a Chromium: COFACTOR_CHROMIUM when it is set, else the first on the path. */
export function findChromium(): string | undefined {
  const given = process.env["COFACTOR_CHROMIUM"];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/**
 * Installs what is missing.
 *
 * @returns nothing when all is there, else what to do about it, in one line
 */
export function installSystemParts(): string | undefined {
  if (findChromium() !== undefined) return undefined;
  const given = process.env["COFACTOR_CHROMIUM"];
  if (given !== undefined) return `COFACTOR_CHROMIUM expected the path of a Chromium; there is no file ${given}`;
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  const advice = existsSync("/usr/bin/apt-get")
    ? `run: sudo apt-get update && sudo ${install.join(" ")}`
    : "install Chromium with this system's package manager, or set COFACTOR_CHROMIUM to its path";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return `the browser tests need Chromium; ${advice}`;
  process.stderr.write(`installing ${packages.join(", ")} for the browser tests\n`);
  for (const command of [["apt-get", "update"], install]) {
    const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) return `${command.join(" ")} failed (${`${stdout}\n${stderr}`.trim().split("\n").at(-1)}); ${advice}`;
  }
  return findChromium() === undefined ? `Chromium was installed but is not on the path; ${advice}` : undefined;
}
