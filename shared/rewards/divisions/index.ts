/** Every way to divide a group's value among people. A new one is a file and a line here. */
import type { DivisionDefinition } from "../division.ts";
import { even } from "./even.ts";
import { fitted } from "./fitted.ts";

/** The divisions that a section may name. */
export const divisions: readonly DivisionDefinition[] = [even, fitted] as readonly DivisionDefinition[];
