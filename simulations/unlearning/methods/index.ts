/** Every way to unlearn. A new one is a file and a line here. */
import type { MethodDefinition } from "../method.ts";
import { difference } from "./difference.ts";
import { rollBack } from "./roll-back.ts";
import { stop } from "./stop.ts";

/** The methods that a scenario may name. */
export const methods: readonly MethodDefinition[] = [stop, rollBack, difference] as readonly MethodDefinition[];
