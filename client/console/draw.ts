/** The console's figures: only the parts of echarts that they need. Imports echarts, the report's charts. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { createDraw, type Draw } from "../../shared/report/chart.ts";

use([BarChart, LineChart, GridComponent, SVGRenderer]);

/** Draws a chart. */
export const draw: Draw = createDraw(init);
