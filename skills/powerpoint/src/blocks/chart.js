/**
 * Charts: native ones, with a workbook of their numbers inside, in the colours of the theme.
 */

import { refuse } from '../refuse.js';
import { oneLine } from '../text.js';
import { parseFormat } from '../numbers.js';
import { mix } from '../colors.js';

/** 5,000 numbers of one chart: beyond a hundred categories nobody reads it, and scatter charts have more points. */
const MAX_NUMBERS = 5000;
const MAX_SERIES = 24;
const MAX_SLICES = 12;

const ROUND = ['pie', 'doughnut'];
const MIXABLE = ['column', 'line', 'area'];

/** Reads and checks a chart. */
export function readChart(chart) {
  const kinds = chart.series.map((one) => one.kind ?? chart.kind);
  checkShape(chart, kinds);
  const lengths = chart.kind === 'scatter' ? chart.xValues.length : chart.categories.length;
  chart.series.forEach((one) => checkSeries(one, lengths, chart.kind));
  checkRange(chart);
  return {
    kind: chart.kind,
    categories: chart.categories.map((name) => oneLine(name) || ' '),
    xValues: chart.xValues ?? [],
    series: chart.series.map((one, i) => ({
      name: oneLine(one.name) || `Series ${i + 1}`,
      values: one.values.map((value) => value ?? null),
      kind: kinds[i],
      second: one.secondAxis ?? false,
      index: i,
    })),
    stacking: chart.stacking ?? 'none',
    titles: { category: title(chart.categoryTitle), value: title(chart.valueTitle), second: title(chart.secondTitle) },
    format: chart.numberFormat == null ? 'General' : parseFormat(chart.numberFormat).code,
    secondFormat: chart.secondFormat == null ? 'General' : parseFormat(chart.secondFormat).code,
    labels: chart.labels ?? ROUND.includes(chart.kind),
    legend: chart.legend ?? (chart.series.length > 1 || ROUND.includes(chart.kind) ? 'bottom' : 'none'),
    min: chart.min ?? undefined,
    max: chart.max ?? undefined,
    alt: chart.alt ? oneLine(chart.alt) : undefined,
  };
}

function title(text) {
  return text == null ? undefined : oneLine(text) || undefined;
}

function checkShape(chart, kinds) {
  const count = chart.series.length;
  if (count < 1 || count > MAX_SERIES) throw refuse(`a chart has 1 to ${MAX_SERIES} series, and this one has ${count}`);
  const mixed = kinds.some((kind) => kind !== kinds[0]) || kinds[0] !== chart.kind;
  if (mixed && !kinds.concat(chart.kind).every((kind) => MIXABLE.includes(kind))) {
    throw refuse('only column, line and area series can be mixed in one chart');
  }
  if (chart.series.every((one) => one.secondAxis)) throw refuse('a second axis stands beside a first: one series has to be on the first');
  if (chart.series.some((one) => one.secondAxis) && !MIXABLE.includes(chart.kind)) {
    throw refuse('only column, line and area charts have a second axis');
  }
  if (ROUND.includes(chart.kind)) checkRound(chart);
  if (chart.kind === 'scatter') {
    if (!chart.xValues?.length) throw refuse('a scatter chart needs `x-values`');
    chart.xValues.forEach((value) => finite(value, 'x-values'));
  } else if (chart.categories.length === 0) {
    throw refuse('the chart has no categories');
  }
}

function checkRound(chart) {
  if (chart.series.length !== 1) throw refuse(`a ${chart.kind} chart has one series, and this one has ${chart.series.length}`);
  if (chart.categories.length > MAX_SLICES) {
    throw refuse(`a ${chart.kind} chart has at most ${MAX_SLICES} slices; put the small ones together, or use a bar chart`);
  }
  if (chart.series[0].values.some((value) => value < 0)) throw refuse(`a ${chart.kind} chart cannot show a negative number; use a bar chart`);
}

function checkSeries(one, expected, kind) {
  const what = kind === 'scatter' ? 'x values' : 'categories';
  if (one.values.length !== expected) {
    throw refuse(`series \`${one.name.slice(0, 40)}\` has ${one.values.length} values and the chart ${expected} ${what}; write null where there is none`);
  }
  one.values.forEach((value) => value == null || finite(value, one.name));
}

function checkRange(chart) {
  const numbers = chart.series.length * Math.max(chart.categories.length, chart.xValues?.length ?? 0);
  if (numbers > MAX_NUMBERS) throw refuse(`a chart has at most ${MAX_NUMBERS} numbers, and this one has ${numbers}`);
  if (chart.min != null) finite(chart.min, 'min');
  if (chart.max != null) finite(chart.max, 'max');
  if (chart.min != null && chart.max != null && chart.min >= chart.max) throw refuse('`min` of the axis is not below `max`');
}

function finite(value, name) {
  if (!Number.isFinite(value)) throw refuse(`\`${name.slice(0, 40)}\` holds ${value}, which no chart can show; write null for a missing number`);
}

/** Puts a chart at `rect`. */
export function drawChart(slide, chart, rect, context) {
  const options = { ...rect, ...style(chart, context), altText: chart.alt ?? describe(chart), objectName: context.name('Chart') };
  const data = chart.series.map((one) => ({ name: one.name, labels: chart.categories, values: one.values.map(written) }));
  if (chart.kind === 'scatter') {
    slide.addChart('scatter', [{ name: 'X', values: chart.xValues.map(written) }, ...data.map(({ name, values }) => ({ name, values }))], options);
  } else if (mixed(chart)) {
    drawMixed(slide, chart, data, options);
  } else {
    slide.addChart(libraryKind(chart.series[0].kind), data, options);
  }
}

/** Whether lengths or heights are compared by eye: an axis that begins anywhere but at 0 would make them lie. */
function lengthsSpeak(chart) {
  const grown = chart.series.some((one) => !one.second && ['column', 'bar', 'area'].includes(one.kind));
  return grown && chart.series.every((one) => one.second || one.values.every((value) => value === null || value >= 0));
}

/** pptxgenjs writes the number 0 into the workbook as an empty cell, and the text "0" as 0. */
function written(value) {
  return value === null ? '' : String(value);
}

function libraryKind(kind) {
  return kind === 'column' ? 'bar' : kind;
}

/** Series of several kinds or on two axes. Areas lie behind columns, columns behind lines. */
function drawMixed(slide, chart, data, options) {
  const groups = new Map();
  for (const kind of ['area', 'column', 'line']) {
    for (const second of [false, true]) {
      const members = chart.series.filter((one) => one.kind === kind && one.second === second);
      if (members.length > 0) groups.set(`${kind}${second}`, { kind, second, members });
    }
  }
  const types = [...groups.values()].map(({ kind, second, members }) => ({
    type: libraryKind(kind),
    data: members.map((one) => data[one.index]),
    options: {
      chartColors: members.map((one) => options.chartColors[one.index % options.chartColors.length]),
      barGrouping: chart.stacking === 'none' ? 'clustered' : GROUPING[chart.stacking],
      // pptxgenjs colours markers by the wrong index in a mixed chart.
      lineDataSymbol: 'none',
      secondaryValAxis: second,
      secondaryCatAxis: second,
    },
  }));
  const axes = chart.series.some((one) => one.second) ? secondAxes(chart, options) : {};
  slide.addChart(types, { ...options, ...axes });
}

function secondAxes(chart, options) {
  const second = {
    showValAxisTitle: chart.titles.second !== undefined,
    valAxisTitle: chart.titles.second,
    valAxisLabelFormatCode: chart.secondFormat,
    valGridLine: { style: 'none' },
    valAxisMinVal: undefined,
    valAxisMaxVal: undefined,
  };
  const first = { showValAxisTitle: options.showValAxisTitle, valAxisTitle: options.valAxisTitle, valAxisLabelFormatCode: chart.format };
  return { valAxes: [first, second], catAxes: [{}, { catAxisHidden: true }] };
}

const GROUPING = { none: 'clustered', stacked: 'stacked', percent: 'percentStacked' };
const LEGEND = { bottom: 'b', right: 'r', top: 't' };

/** Everything that makes a chart quiet: no frame, light gridlines, no ticks, text in the deck's font. */
function style(chart, { theme, size }) {
  const text = { color: theme.muted, fontFace: '+mn-lt' };
  const colors = seriesColors(chart, theme);
  const isRound = ROUND.includes(chart.kind);
  const axis = (name) => ({
    [`${name}AxisLabelColor`]: text.color, [`${name}AxisLabelFontFace`]: text.fontFace, [`${name}AxisLabelFontSize`]: size,
    [`${name}AxisTitleColor`]: text.color, [`${name}AxisTitleFontFace`]: text.fontFace, [`${name}AxisTitleFontSize`]: size,
    [`${name}AxisMajorTickMark`]: 'none', [`${name}AxisLineColor`]: theme.line,
  });
  return {
    ...axis('cat'),
    ...axis('val'),
    showCatAxisTitle: chart.titles.category !== undefined, catAxisTitle: chart.titles.category,
    showValAxisTitle: chart.titles.value !== undefined, valAxisTitle: chart.titles.value,
    valAxisLabelFormatCode: chart.stacking === 'percent' ? '0%' : chart.format,
    valAxisMinVal: chart.min ?? (lengthsSpeak(chart) ? 0 : undefined), valAxisMaxVal: chart.max,
    valAxisLineShow: chart.kind === 'scatter',
    // Numbers on the columns say it better than an axis beside them.
    valAxisHidden: chart.labels && ['column', 'bar'].includes(chart.kind) && chart.stacking === 'none' && !mixed(chart),
    valGridLine: chart.labels && !mixed(chart) ? { style: 'none' } : { color: theme.line, size: 0.5, style: 'solid' },
    catGridLine: { style: 'none' },
    // Lying bars are read from the top; their value axis stays at the foot.
    catAxisOrientation: chart.kind === 'bar' ? 'maxMin' : 'minMax',
    catAxisCrossesAt: chart.kind === 'bar' ? 'max' : undefined, valAxisLabelPos: 'nextTo',
    catAxisLabelPos: 'low',
    barDir: chart.kind === 'bar' ? 'bar' : 'col',
    barGrouping: chart.kind === 'area' && chart.stacking === 'none' ? 'standard' : GROUPING[chart.stacking],
    barGapWidthPct: chart.series.length > 2 && chart.stacking === 'none' ? 60 : 80,
    chartColors: colors,
    // Which of two areas is in front is not the same in every program.
    chartColorsOpacity: chart.kind === 'area' && chart.stacking === 'none' && chart.series.length > 1 ? 60 : undefined,
    chartArea: { roundedCorners: false },
    dataBorder: isRound ? { pt: 1.5, color: theme.background } : undefined,
    displayBlanksAs: 'gap',
    holeSize: 62,
    lineSize: chart.kind === 'scatter' ? 0 : 2.5,
    lineDataSymbolSize: chart.kind === 'scatter' ? 9 : 7,
    showLegend: chart.legend !== 'none', legendPos: LEGEND[chart.legend], legendColor: text.color,
    legendFontFace: text.fontFace, legendFontSize: size,
    ...labels(chart, theme, size, isRound),
  };
}

function mixed(chart) {
  return chart.series.some((one) => one.kind !== chart.kind || one.second);
}

function labels(chart, theme, size, isRound) {
  const inside = chart.stacking !== 'none' && ['column', 'bar'].includes(chart.kind);
  const position = { pie: 'bestFit', line: 't', scatter: 'r' }[chart.kind];
  return {
    showValue: chart.labels && !isRound,
    showPercent: chart.labels && isRound,
    showLeaderLines: false,
    dataLabelFormatCode: isRound ? '0%' : chart.format,
    dataLabelColor: isRound || inside ? 'FFFFFF' : theme.text,
    dataLabelFontFace: '+mn-lt',
    dataLabelFontSize: size,
    dataLabelFontBold: isRound,
    dataLabelPosition: isRound ? (chart.kind === 'pie' ? 'ctr' : undefined) : position,
  };
}

/** References to the theme's colours; when those are used up, tints of them. */
function seriesColors(chart, theme) {
  const wanted = ROUND.includes(chart.kind) ? chart.categories.length : chart.series.length;
  return Array.from({ length: wanted }, (_, i) => {
    const place = i % theme.series.length;
    return i < theme.series.length ? `accent${place + 1}` : mix(theme.series[place], theme.background, 0.6 ** Math.floor(i / theme.series.length));
  });
}

const SPOKEN = { column: 'Column', bar: 'Bar', line: 'Line', area: 'Area', pie: 'Pie', doughnut: 'Doughnut', scatter: 'Scatter' };

/** Words for those who cannot see the chart. */
function describe(chart) {
  const names = chart.series.slice(0, 4).map((one) => one.name).join(', ');
  if (chart.kind === 'scatter') return `Scatter chart of ${names}, ${chart.xValues.length} points.`;
  const [first, last] = [chart.categories[0], chart.categories[chart.categories.length - 1]];
  return `${SPOKEN[chart.kind]} chart of ${names}, from ${first} to ${last}.`;
}
