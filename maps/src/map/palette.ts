/** The colours of the map. The page's own colours are in `style/`. */
export const PALETTE = {
  sea: '#d6e4ea',
  seaLine: '#b4ccd8',
  land: '#f6f2e7',
  coast: '#8fabb9',
  water: '#c3dae6',
  river: '#86b1c8',
  ridge: '#b49f7f',
  graticule: '#a9bfca',
  paper: '#ffffff',
  ink: '#22323d',
  inkSoft: '#5c6b74',
  line: '#6d2c79',
  lineRed: '#d0334f',
  shared: '#7a83c4',
  island: '#e6dfc2',
  islandEdge: '#a08d52',
  route: '#3d6a8a',
  track: '#0f7ba8',
  trackCase: '#ffffff',
  project: '#b2662a',
  port: '#1f5f8b',
  select: '#ffc53d',
  pass: '#1b7f5c',
  inconclusive: '#d08c00',
  fail: '#c2352b',
  passed: '#2c6fae',
  worn: '#d9a02b',
} as const;

/** Local fonts, first one found wins: the page needs no glyph files. */
export const FONT = [
  'Noto Sans, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, Helvetica Neue, Arial, sans-serif',
];
export const FONT_BOLD = [
  'Noto Sans Medium, Noto Sans, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, Arial, sans-serif',
];
