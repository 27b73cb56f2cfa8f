/** Builds dist/ from the sources, its pages among it, and makes `npx cofactor` work in the checkout. Imports node: modules only. */
import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

rmSync(join(root, "dist"), { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", ".config/tsconfig.build.json"], { cwd: root, stdio: "inherit" });
const pages = spawnSync(process.execPath, [join(import.meta.dirname, "build-site.ts"), "demo", "console"], { cwd: root, stdio: "inherit" });
if (status === 0 && pages.status === 0) {
  chmodSync(join(root, "dist", "cofactor.js"), 0o755);
  linkCommand();
} else {
  process.exitCode = 1;
}

/** Links the built command where npx looks first. A node_modules that is itself a link belongs to another checkout: left alone. */
function linkCommand(): void {
  const modules = join(root, "node_modules");
  if (!lstatSync(modules).isDirectory()) return;
  const link = join(modules, ".bin", "cofactor");
  rmSync(link, { force: true });
  symlinkSync(join("..", "..", "dist", "cofactor.js"), link);
}
