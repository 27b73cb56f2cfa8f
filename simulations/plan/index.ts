/** Every priced protection, in the order of the table. A new one is a file and a line here. */
import { maskedPaillierPricing } from "./masked-paillier.ts";
import { masksPricing } from "./masks.ts";
import { openPricing } from "./open.ts";
import { paillierAlone, paillierLong, paillierSplit } from "./paillier.ts";
import type { Pricing } from "./pricing.ts";

/** The price lists. */
export const pricings: readonly Pricing[] = [openPricing, masksPricing, paillierAlone, paillierSplit, paillierLong, maskedPaillierPricing];
