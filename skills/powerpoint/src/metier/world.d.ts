// Written by `metier build` from the folder `wit`. Do not edit.
/**
 * The description of a deck, and what comes of it.
 */
declare module "metier:powerpoint/decks@0.1.0" {
  export type Artifact = import("metier:skill/artifacts@0.1.0").Artifact;
  /**
   * A slide is a title and a body, and a body is one of a few kinds. What can stand on a slide alone can also stand in
   * a column or a box (`block`), so a model learns each kind once. There are no coordinates, font sizes or colours per
   * element: the layout is ours, which is what makes two hundred decks look like one company's.
   * A set of colours that go together. `themes` shows them.
   */
  export type ThemeName = "slate" | "ocean" | "forest" | "ember" | "plum" | "graphite";
  /**
   * Colours of one's own, each as six hexadecimal digits such as `1F4E79`. What is left out comes from the named theme.
   */
  export interface Palette {
    /**
     * The brand colour: title slides, section slides, emphasis and the first series of every chart.
     */
    primary?: string | null | undefined;
    /**
     * Up to five more colours for the other series of charts, in their order.
     */
    accents?: Array<string> | null | undefined;
    /**
     * The background of ordinary slides. Far from `text`, or the deck is refused.
     */
    background?: string | null | undefined;
    /**
     * The colour of ordinary text.
     */
    text?: string | null | undefined;
  }
  /**
   * Names of fonts the reader's computer has.
   */
  export interface Fonts {
    /**
     * The font of titles and big numbers, such as `Georgia`.
     */
    heading?: string | null | undefined;
    /**
     * The font of everything else, such as `Calibri`.
     */
    body?: string | null | undefined;
  }
  /**
   * What the deck looks like.
   */
  export interface Theme {
    /**
     * The colours to start from; `slate` when left out.
     */
    name?: import("metier:powerpoint/decks@0.1.0").ThemeName | null | undefined;
    /**
     * Light text on a dark background on every slide.
     */
    dark?: boolean | null | undefined;
    /**
     * Colours that replace those of the named theme.
     */
    colors?: import("metier:powerpoint/decks@0.1.0").Palette | null | undefined;
    /**
     * Fonts; Arial for both when left out.
     */
    fonts?: import("metier:powerpoint/decks@0.1.0").Fonts | null | undefined;
  }
  /**
   * Where a picture comes from.
   */
  export type Picture = { tag: "data"; val: Uint8Array } | { tag: "artifact"; val: string } | { tag: "packed"; val: string };
  /**
   * How a picture fills its place: `contain` shows all of it, `cover` fills the place and cuts what is outside.
   */
  export type Fit = "contain" | "cover";
  /**
   * A picture on a slide.
   */
  export interface Image {
    /**
     * The picture itself.
     */
    source: import("metier:powerpoint/decks@0.1.0").Picture;
    /**
     * What the picture shows, for people who cannot see it.
     */
    alt: string;
    /**
     * How it fills its place; `contain` when left out.
     */
    fit?: import("metier:powerpoint/decks@0.1.0").Fit | null | undefined;
    /**
     * One line under the picture.
     */
    caption?: string | null | undefined;
  }
  /**
   * Where text stands in its column.
   */
  export type Alignment = "left" | "center" | "right";
  /**
   * One column of a table.
   */
  export interface TableColumn {
    /**
     * The words above the column.
     */
    header: string;
    /**
     * Its share of the width compared with the other columns, such as 2 for twice as wide; by content when left out.
     */
    width?: number | null | undefined;
    /**
     * Where its text stands; numbers right and words left when left out.
     */
    align?: import("metier:powerpoint/decks@0.1.0").Alignment | null | undefined;
    /**
     * How to write its numbers, as in Excel: `#,##0`, `0.0%`, `$#,##0.0,,"M"`. Cells that are plain numbers such as `1250000` are written so.
     */
    numberFormat?: string | null | undefined;
  }
  /**
   * A table. A long one goes on over further slides with its header repeated.
   */
  export interface Table {
    /**
     * The columns, 1 to 12.
     */
    columns: Array<import("metier:powerpoint/decks@0.1.0").TableColumn>;
    /**
     * The rows, each with one cell for each column. A cell is text; numbers are plain, such as `1250000` or `-3.5`.
     */
    rows: Array<Array<string>>;
    /**
     * Whether the last row is a total.
     */
    total?: boolean | null | undefined;
  }
  /**
   * What a chart, or one series of it, is drawn as. `column` stands, `bar` lies.
   */
  export type ChartKind = "column" | "bar" | "line" | "area" | "pie" | "doughnut" | "scatter";
  /**
   * How series share a place: beside each other, on top of each other, or as parts of a hundred per cent.
   */
  export type Stacking = "none" | "stacked" | "percent";
  /**
   * Where the legend is. Left out, it is at the bottom when there is something to tell apart.
   */
  export type Legend = "none" | "bottom" | "right" | "top";
  /**
   * One series of numbers.
   */
  export interface Series {
    /**
     * What the numbers are, as the legend says it.
     */
    name: string;
    /**
     * One number for each category, or for each x value of a scatter chart; null where there is none.
     */
    values: Array<number | null | undefined>;
    /**
     * Draw this series as another kind than the chart: `line` over columns, for instance.
     */
    kind?: import("metier:powerpoint/decks@0.1.0").ChartKind | null | undefined;
    /**
     * Measure this series on a second axis at the right; only beside series that are not.
     */
    secondAxis?: boolean | null | undefined;
  }
  /**
   * A chart with its numbers inside: it can be edited in PowerPoint.
   */
  export interface Chart {
    /**
     * What it is drawn as.
     */
    kind: import("metier:powerpoint/decks@0.1.0").ChartKind;
    /**
     * The names along the category axis or of the slices; empty for a scatter chart.
     */
    categories: Array<string>;
    /**
     * The numbers. A pie or doughnut has one series.
     */
    series: Array<import("metier:powerpoint/decks@0.1.0").Series>;
    /**
     * The x values of a scatter chart.
     */
    xValues?: Float64Array | null | undefined;
    /**
     * How series share a place; `none` when left out.
     */
    stacking?: import("metier:powerpoint/decks@0.1.0").Stacking | null | undefined;
    /**
     * Words along the category (or x) axis.
     */
    categoryTitle?: string | null | undefined;
    /**
     * Words along the value (or y) axis.
     */
    valueTitle?: string | null | undefined;
    /**
     * Words along the second value axis.
     */
    secondTitle?: string | null | undefined;
    /**
     * How to write numbers, as in Excel: `#,##0`, `0%`, `$0.0,,"M"`.
     */
    numberFormat?: string | null | undefined;
    /**
     * How to write numbers of the second axis.
     */
    secondFormat?: string | null | undefined;
    /**
     * Write the numbers on the chart.
     */
    labels?: boolean | null | undefined;
    /**
     * Where the legend is.
     */
    legend?: import("metier:powerpoint/decks@0.1.0").Legend | null | undefined;
    /**
     * The lowest value of the value axis; 0 for columns, bars and areas of no negative number when left out.
     */
    min?: number | null | undefined;
    /**
     * The highest value of the value axis.
     */
    max?: number | null | undefined;
    /**
     * What the chart shows, for people who cannot see it; made from the numbers when left out.
     */
    alt?: string | null | undefined;
  }
  /**
   * Whether a change is welcome.
   */
  export type Tone = "good" | "bad" | "neutral";
  /**
   * One big number.
   */
  export interface Figure {
    /**
     * The number as it is to be read, such as `$48.2M` or `97 %`.
     */
    value: string;
    /**
     * What it is.
     */
    label: string;
    /**
     * How it changed, such as `+12 % on last year`.
     */
    change?: string | null | undefined;
    /**
     * Whether that is welcome, which gives it its colour.
     */
    tone?: import("metier:powerpoint/decks@0.1.0").Tone | null | undefined;
  }
  /**
   * Somebody's words.
   */
  export interface Quote {
    /**
     * The words, without quotation marks.
     */
    text: string;
    /**
     * Who said them.
     */
    by?: string | null | undefined;
    /**
     * Who that is.
     */
    role?: string | null | undefined;
  }
  /**
   * What stands in a column or a box.
   */
  export type Block = { tag: "bullets"; val: Array<string> } | { tag: "steps"; val: Array<string> } | { tag: "text"; val: string } | { tag: "table"; val: import("metier:powerpoint/decks@0.1.0").Table } | { tag: "chart"; val: import("metier:powerpoint/decks@0.1.0").Chart } | { tag: "image"; val: import("metier:powerpoint/decks@0.1.0").Image } | { tag: "numbers"; val: Array<import("metier:powerpoint/decks@0.1.0").Figure> } | { tag: "quote"; val: import("metier:powerpoint/decks@0.1.0").Quote };
  /**
   * A column beside others.
   */
  export interface Column {
    /**
     * Words above it.
     */
    heading?: string | null | undefined;
    /**
     * Its share of the width compared with the other columns; the same for all when left out.
     */
    width?: number | null | undefined;
    /**
     * What stands in it.
     */
    body: import("metier:powerpoint/decks@0.1.0").Block;
  }
  /**
   * A place on a grid of 12 columns and 6 rows below the title, and what stands there.
   */
  export interface Box {
    /**
     * The first column, 1 to 12.
     */
    column: number;
    /**
     * The first row, 1 to 6.
     */
    row: number;
    /**
     * How many columns.
     */
    width: number;
    /**
     * How many rows.
     */
    height: number;
    /**
     * Words above it.
     */
    heading?: string | null | undefined;
    /**
     * What stands there.
     */
    body: import("metier:powerpoint/decks@0.1.0").Block;
  }
  /**
   * What a title slide says below its title.
   */
  export interface Cover {
    /**
     * Who presents it.
     */
    presenter?: string | null | undefined;
    /**
     * When, in the words to be shown.
     */
    date?: string | null | undefined;
  }
  /**
   * What a slide shows.
   */
  export type Body = { tag: "cover"; val: import("metier:powerpoint/decks@0.1.0").Cover } | { tag: "section" } | { tag: "bullets"; val: Array<string> } | { tag: "steps"; val: Array<string> } | { tag: "text"; val: string } | { tag: "table"; val: import("metier:powerpoint/decks@0.1.0").Table } | { tag: "chart"; val: import("metier:powerpoint/decks@0.1.0").Chart } | { tag: "image"; val: import("metier:powerpoint/decks@0.1.0").Image } | { tag: "numbers"; val: Array<import("metier:powerpoint/decks@0.1.0").Figure> } | { tag: "quote"; val: import("metier:powerpoint/decks@0.1.0").Quote } | { tag: "columns"; val: Array<import("metier:powerpoint/decks@0.1.0").Column> } | { tag: "grid"; val: Array<import("metier:powerpoint/decks@0.1.0").Box> };
  /**
   * One slide.
   */
  export interface Slide {
    /**
     * The message of the slide in one sentence: what to remember, not just a topic. Needed by covers and sections.
     */
    title?: string | null | undefined;
    /**
     * One line below the title.
     */
    subtitle?: string | null | undefined;
    /**
     * What the slide shows.
     */
    body: import("metier:powerpoint/decks@0.1.0").Body;
    /**
     * Where the facts come from, in small print at the foot.
     */
    source?: string | null | undefined;
    /**
     * What the presenter says; the audience does not see it.
     */
    notes?: string | null | undefined;
  }
  /**
   * A whole deck.
   */
  export interface Deck {
    /**
     * The deck's title: a property of the file, and its name unless `file-name` says otherwise.
     */
    title: string;
    /**
     * Who made it: a property of the file.
     */
    author?: string | null | undefined;
    /**
     * For whom it works: a property of the file.
     */
    company?: string | null | undefined;
    /**
     * What it is about: a property of the file.
     */
    subject?: string | null | undefined;
    /**
     * The language of its text, such as `en-GB` or `de-DE`, for spell checking; `en-US` when left out.
     */
    language?: string | null | undefined;
    /**
     * What it looks like.
     */
    theme?: import("metier:powerpoint/decks@0.1.0").Theme | null | undefined;
    /**
     * Words at the foot of every ordinary slide, such as `Acme · Confidential`.
     */
    footer?: string | null | undefined;
    /**
     * A picture in the corner of the title slide and of ordinary slides.
     */
    logo?: import("metier:powerpoint/decks@0.1.0").Picture | null | undefined;
    /**
     * Whether ordinary slides are numbered; they are when left out.
     */
    slideNumbers?: boolean | null | undefined;
    /**
     * The name of the file, with or without `.pptx`.
     */
    fileName?: string | null | undefined;
    /**
     * The slides, 1 to 500.
     */
    slides: Array<import("metier:powerpoint/decks@0.1.0").Slide>;
  }
  /**
   * A deck that was made.
   */
  export interface Created {
    /**
     * The file: the host keeps it and hands it to the caller.
     */
    file: import("metier:skill/artifacts@0.1.0").Artifact;
    /**
     * How many slides it has, with those that go on from another.
     */
    slides: number;
    /**
     * What was done to make things fit and is worth a look, each with the number of its slide.
     */
    remarks: Array<string>;
  }
  /**
   * What a theme looks like.
   */
  export interface ThemeInfo {
    /**
     * Its name.
     */
    name: import("metier:powerpoint/decks@0.1.0").ThemeName;
    /**
     * What it suits.
     */
    description: string;
    /**
     * Its colours as six hexadecimal digits: the brand colour, then those of chart series.
     */
    colors: Array<string>;
  }
  export {};
}

/**
 * Files a skill hands back, and files its caller hands it.
 *
 * The host names an artifact by the SHA-256 of its bytes and keeps it for the caller. Write it
 * in pieces: the host never needs the whole file in memory. An artifact that is not finished
 * when the call ends is thrown away. A skill reads those artifacts whose digest stands in the
 * arguments of the call, and no others.
 */
declare module "metier:skill/artifacts@0.1.0" {
  /**
   * Why an artifact was not kept, or cannot be read.
   */
  export type ArtifactError = { tag: "denied"; val: string } | { tag: "too-large"; val: number } | { tag: "invalid"; val: string } | { tag: "unavailable"; val: string };
  /**
   * A finished artifact.
   */
  export interface Artifact {
    /**
     * `sha256:` and 64 lowercase hexadecimal digits.
     */
    digest: string;
    /**
     * Size in bytes.
     */
    size: number;
    /**
     * The file name given at creation.
     */
    name: string;
    /**
     * The media type given at creation.
     */
    mediaType: string;
  }
  /**
   * A file being written.
   */
  export class Writer {
    /**
     * Start a file. `name` is a plain file name (no `/`, no control characters, at most
     * 255 bytes); `media-type` is for instance `text/csv`.
     */
    static create(name: string, mediaType: string): import("metier:skill/artifacts@0.1.0").Writer;
    /**
     * Append bytes.
     */
    write(bytes: Uint8Array): void;
    /**
     * Finish the file: it is kept from here on, whatever happens to the call.
     */
    static finish(this_: import("metier:skill/artifacts@0.1.0").Writer): import("metier:skill/artifacts@0.1.0").Artifact;
    private constructor();
  }
  /**
   * A file being read.
   */
  export class Reader {
    /**
     * Open an artifact by the digest the caller gave in the arguments: `sha256:` and 64 lowercase
     * hexadecimal digits.
     */
    static open(digest: string): import("metier:skill/artifacts@0.1.0").Reader;
    /**
     * Size in bytes.
     */
    size(): number;
    /**
     * The next bytes; none at the end.
     */
    read(): Uint8Array;
    private constructor();
  }
  /**
   * Hand back a small file in one go.
   */
  export function put(name: string, mediaType: string, body: Uint8Array): import("metier:skill/artifacts@0.1.0").Artifact;
  export {};
}

/**
 * Read the files packed into the skill's own file.
 */
declare module "metier:skill/resources@0.1.0" {
  /**
   * One packed file.
   */
  export interface Entry {
    /**
     * Relative path with `/`, for instance `references/fields.json`.
     */
    path: string;
    /**
     * Size in bytes.
     */
    size: number;
  }
  /**
   * Every packed file, sorted by path.
   */
  export function list(): Array<import("metier:skill/resources@0.1.0").Entry>;
  /**
   * Up to `length` bytes from `offset`; fewer at the end; none when there is no such file.
   */
  export function read(path: string, offset: number, length: number): Uint8Array | null | undefined;
  export {};
}

/**
 * The words every other interface uses.
 */
declare module "metier:skill/types@0.1.0" {
  /**
   * How long to stay away.
   */
  export interface RateLimit {
    /**
     * What the upstream said, for a person.
     */
    message: string;
    /**
     * Seconds to wait before the next try, when the upstream told.
     */
    retryAfterSeconds?: number | null | undefined;
  }
  /**
   * Why a tool could not do what it was asked.
   *
   * Export your tools as `func(...) -> result<T, error>` with this `error` and the host
   * gives each case its own stable code and blame. The text is shown to the caller, often
   * a model: say what was wrong and what to do instead, in one sentence, without secrets.
   */
  export type Error = { tag: "invalid-input"; val: string } | { tag: "unauthorized"; val: string } | { tag: "denied"; val: string } | { tag: "not-found"; val: string } | { tag: "conflict"; val: string } | { tag: "rate-limited"; val: import("metier:skill/types@0.1.0").RateLimit } | { tag: "unavailable"; val: string } | { tag: "internal"; val: string };
  /**
   * Why the host refused something a skill tried.
   *
   * The same sentence reaches the caller and the audit trail.
   */
  export interface Denial {
    /**
     * Stable code, for instance `http-not-granted`. Each has a page in `docs/errors`.
     */
    code: string;
    /**
     * One sentence: what was asked, which rule is missing, who can add it.
     */
    message: string;
  }
  /**
   * Why something a skill asked of somebody else did not come about.
   */
  export interface Failure {
    /**
     * Stable code, for instance `upstream-unavailable`. Each has a page in `docs/errors`.
     */
    code: string;
    /**
     * What happened, in one sentence.
     */
    message: string;
    /**
     * Seconds to wait before the next try, when somebody told.
     */
    retryAfterSeconds?: number | null | undefined;
  }
  export {};
}

declare module "metier:world" {
  export type Error = import("metier:skill/types@0.1.0").Error;
  export type Deck = import("metier:powerpoint/decks@0.1.0").Deck;
  export type Created = import("metier:powerpoint/decks@0.1.0").Created;
  export type ThemeInfo = import("metier:powerpoint/decks@0.1.0").ThemeInfo;
  /** The functions the skill's module exports. */
  export interface World {
    /**
     * Make a PowerPoint deck and hand it back as a file.
     *
     * Text is made smaller or goes on over a further slide where it does not fit, and `remarks` says so.
     */
    create(deck: import("metier:powerpoint/decks@0.1.0").Deck): import("metier:powerpoint/decks@0.1.0").Created | Promise<import("metier:powerpoint/decks@0.1.0").Created>;
    /**
     * List the named themes with their colours.
     */
    themes(): Array<import("metier:powerpoint/decks@0.1.0").ThemeInfo> | Promise<Array<import("metier:powerpoint/decks@0.1.0").ThemeInfo>>;
  }
}
