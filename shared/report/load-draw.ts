/** Loads echarts for the figures of reports. Imports chart.ts, and echarts when it is first asked for. */
import { createDraw, type Draw } from "./chart.ts";

/** Loads echarts: what needs no figure pays nothing for it. */
export async function loadDraw(): Promise<Draw> {
  const [core, { BarChart, CustomChart, LineChart, ScatterChart }, { GridComponent }, { SVGRenderer }] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  core.use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);
  return createDraw(core.init);
}
