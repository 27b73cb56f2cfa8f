/** What runs need whose items come and go, as one part that is loaded when terms say so: others do without. Imports with-catalogue. */
import { withCatalogue } from "./with-catalogue.ts";

/** Makes a model's items come and go. */
export interface CatalogueSupport {
  readonly withCatalogue: typeof withCatalogue;
}

/** The support itself. */
export const catalogueSupport: CatalogueSupport = Object.freeze({ withCatalogue });
