/**
 * Every word of the page, in both languages side by side. An entry without one of them does not compile.
 * The terms of the field follow the glossary (`GET /glossary`).
 */
import { CODES } from './codes.ts';
import type { Lang } from './state/hash.ts';
import type { Names } from './api/wire.ts';

type Text = Record<Lang, string>;

export const TEXTS = {
  map_label: { en: 'Map of the boundary', zh: '国界地图' },
  choose_boundary: { en: 'Choose a boundary', zh: '选择国界' },
  upload: { en: 'Upload', zh: '上传' },
  upload_hint: { en: 'Upload GPX tracks', zh: '上传 GPX 轨迹' },
  receipts: { en: 'Receipts', zh: '回执' },
  inspections: { en: 'Inspections', zh: '检查' },
  layers: { en: 'Layers', zh: '图层' },
  help: { en: 'Help', zh: '帮助' },
  close: { en: 'Close', zh: '关闭' },
  language: { en: 'Language', zh: '语言' },
  dismiss: { en: 'Dismiss', zh: '知道了' },
  loading: { en: 'Loading…', zh: '正在读取…' },
  whole_line: { en: 'Show the whole line', zh: '显示全线' },
  zoom_in: { en: 'Zoom in', zh: '放大' },
  zoom_out: { en: 'Zoom out', zh: '缩小' },
  north_up: { en: 'North up; drag to turn', zh: '正北向上；拖动旋转' },
  find_marker: { en: 'Marker no.', zh: '界标编号' },

  drop_title: { en: 'Drop GPX files here', zh: '把 GPX 文件放到这里' },
  drop_detail: {
    en: 'One receipt for each file. The same file again gives the same receipt.',
    zh: '每个文件一张回执。同一文件再次上传，得到同一张回执。',
  },
  waiting: { en: 'Waiting', zh: '等待中' },
  sending: { en: 'Sending', zh: '正在发送' },
  checking: { en: 'Checking', zh: '正在检核' },
  done: { en: 'Done', zh: '完成' },
  refused: { en: 'Refused', zh: '已拒收' },
  failed: { en: 'Failed', zh: '处理失败' },
  receipt_ready: { en: 'Receipt {number} is ready.', zh: '回执 {number} 已出。' },
  already_received: { en: 'Already received on {when}: same receipt.', zh: '已于 {when} 收到：同一张回执。' },
  no_receipts: { en: 'No tracks have come in yet.', zh: '还没有收到轨迹。' },
  no_receipts_do: {
    en: 'Drop a GPX file anywhere on the map, or press Upload. You get a numbered receipt that says which markers were visited and which stretch is missing.',
    zh: '把 GPX 文件拖到地图上，或点“上传”。你会得到一张编号回执，写明到过哪些界标、缺哪一段。',
  },
  receipt: { en: 'Receipt', zh: '回执' },
  all_receipts: { en: 'All receipts', zh: '全部回执' },
  received: { en: 'Received', zh: '收到时间' },
  local_time: { en: 'local', zh: '当地' },
  fingerprint: { en: 'SHA-256', zh: 'SHA-256' },
  size: { en: 'Size', zh: '大小' },
  original_file: { en: 'Original file', zh: '原始文件' },
  what_came: { en: 'What came', zh: '收到的内容' },
  tracks: { en: 'tracks', zh: '轨迹' },
  track_segments: { en: 'segments', zh: '段' },
  trackpoints: { en: 'fixes', zh: '定位点' },
  timed_points: { en: 'with a time', zh: '带时间' },
  routes_count: { en: 'routes', zh: '路线' },
  waypoints: { en: 'waypoints', zh: '航点' },
  rejected: { en: 'left out', zh: '剔除' },
  walked: { en: 'Length', zh: '长度' },
  from_time: { en: 'First fix', zh: '首点时间' },
  to_time: { en: 'Last fix', zh: '末点时间' },
  extent: { en: 'Extent', zh: '范围' },
  warnings: { en: 'Warnings', zh: '警告' },
  warnings_shown: { en: '{shown} of {total} shown', zh: '共 {total} 条，显示 {shown} 条' },
  at_line: { en: 'line {line}', zh: '第 {line} 行' },
  at_line_column: { en: 'line {line}, column {column}', zh: '第 {line} 行第 {column} 列' },
  what_to_do: { en: 'What to do', zh: '怎么办' },
  coverage: { en: 'Coverage', zh: '覆盖率' },
  coverage_of: { en: '{covered} of {total}', zh: '{total} 中的 {covered}' },
  coverage_against_line: { en: 'along the boundary line', zh: '沿国界线' },
  coverage_against: { en: 'along {reference}', zh: '沿{reference}' },
  coverage_buffer: { en: 'within {buffer}', zh: '缓冲 {buffer}' },
  accuracy_assumed: {
    en: 'The file states no accuracy; a usual one for handheld receivers was assumed.',
    zh: '文件未给出精度，按手持接收机常用精度计算。',
  },
  gaps: { en: 'Missing stretches', zh: '未覆盖路段' },
  no_gaps: { en: 'No stretch is missing.', zh: '没有缺失路段。' },
  show_on_map: { en: 'Show on the map', zh: '在地图上显示' },
  visited: { en: 'Visited', zh: '已到访' },
  passed: { en: 'Passed by', zh: '经过' },
  missed: { en: 'Missed', zh: '未到访' },
  none_missed: { en: 'none', zh: '无' },
  verdicts: { en: 'Findings', zh: '检核结论' },
  pass: { en: 'pass', zh: '合格' },
  fail: { en: 'fail', zh: '不合格' },
  inconclusive: { en: 'inconclusive', zh: '无法判定' },
  act: { en: 'Inspection act (PDF)', zh: '检查记录（PDF）' },
  act_hint: { en: 'Opens in a new tab, Chinese and English', zh: '在新标签页打开，中英文对照' },
  no_inspections: { en: 'No inspection of this boundary is recorded.', zh: '这条国界还没有检查记录。' },
  no_inspections_do: {
    en: 'An inspection groups what the teams bring home. Import one with its boundary, then upload tracks to it.',
    zh: '一次检查汇集各队带回的成果。先随国界导入检查，再向它上传轨迹。',
  },
  no_results: {
    en: 'The track touches no boundary of this register, so there is nothing to compare.',
    zh: '轨迹未接触本登记册的任何国界，无从比较。',
  },

  marker: { en: 'Marker', zh: '界标' },
  element: { en: 'Element', zh: '组成部分' },
  coordinates: { en: 'Coordinates', zh: '坐标' },
  received_position: { en: 'As received', zh: '原始' },
  legal_position: { en: 'Legal', zh: '法定' },
  projected_position: { en: 'Plane', zh: '平面' },
  display_position: { en: 'Display', zh: '显示' },
  display_note: { en: 'for the map only', zh: '仅供显示' },
  copy: { en: 'Copy', zh: '复制' },
  copied: { en: 'Copied', zh: '已复制' },
  copy_failed: { en: 'Could not copy; select the text instead.', zh: '无法复制，请手动选取文字。' },
  along_the_line: { en: 'Along the line', zh: '沿线位置' },
  chainage: { en: 'Chainage', zh: '里程' },
  offset: { en: 'Offset', zh: '偏距' },
  on_the_line: { en: 'on the line', zh: '在线上' },
  side: { en: 'Side', zh: '侧' },
  section: { en: 'Section', zh: '段' },
  height: { en: 'Height', zh: '高程' },
  uncertainty: { en: 'Standard uncertainty', zh: '标准不确定度' },
  material: { en: 'Material', zh: '材质' },
  kind: { en: 'Kind', zh: '类别' },
  state: { en: 'State', zh: '状态' },
  number: { en: 'Number', zh: '编号' },
  facts: { en: 'Record', zh: '登记' },
  measured: { en: 'measured', zh: '实测' },
  tolerance: { en: 'tolerance', zh: '限差' },
  history: { en: 'History', zh: '历史' },
  known_from: { en: 'recorded {date}', zh: '{date} 登记' },
  until: { en: 'until {date}', zh: '至 {date}' },
  version: { en: 'version {n}', zh: '第 {n} 版' },
  links: { en: 'Links', zh: '链接' },
  also_here: { en: 'Also here', zh: '此处还有' },
  several_here: { en: 'Several features here', zh: '此处有多个要素' },
  choose_one: { en: 'Choose one', zh: '请选择' },
  this_place: { en: 'This place', zh: '此处' },
  nearest_markers: { en: 'Nearest markers', zh: '最近的界标' },
  link_copied: { en: 'Link to this view copied', zh: '已复制此视图的链接' },
  copy_link: { en: 'Copy link', zh: '复制链接' },
  zoom_to: { en: 'Zoom to', zh: '缩放至' },

  legend: { en: 'Legend', zh: '图例' },
  layers_boundary: { en: 'Boundary', zh: '国界' },
  layers_field: { en: 'Field work', zh: '外业' },
  layers_ground: { en: 'Ground', zh: '底图' },
  layer_segments: { en: 'Boundary line', zh: '国界线' },
  layer_boundary_points: { en: 'Boundary points', zh: '界点' },
  layer_markers: { en: 'Markers', zh: '界标' },
  layer_islands: { en: 'Islands and sandbars', zh: '岛屿和沙洲' },
  layer_ports: { en: 'Ports', zh: '口岸' },
  layer_projects: { en: 'Border projects', zh: '涉界项目' },
  layer_routes: { en: 'Planned routes', zh: '计划路线' },
  layer_tracks: { en: 'Tracks walked', zh: '实测轨迹' },
  layer_findings: { en: 'Findings', zh: '检核结论' },
  layer_relief: { en: 'Ridges and rivers', zh: '山脊与河流' },
  layer_towns: { en: 'Towns', zh: '城镇' },
  layer_graticule: { en: 'Graticule', zh: '经纬网' },
  zoomed_out: { en: 'zoom in', zh: '放大可见' },
  legend_land: { en: 'on land', zh: '陆地段' },
  legend_river: { en: 'along a river', zh: '界河段' },
  legend_shared_water: { en: 'shared water', zh: '共同水域' },
  legend_not_agreed: { en: 'not agreed', zh: '未商定' },
  legend_single: { en: 'single', zh: '单立' },
  legend_double: { en: 'double', zh: '双立' },
  legend_triple: { en: 'triple', zh: '三立' },
  legend_auxiliary: { en: 'auxiliary', zh: '辅助' },
  legend_range_mark: { en: 'range mark', zh: '导标' },
  legend_buoy: { en: 'buoy', zh: '浮标' },
  legend_condition: { en: 'Condition', zh: '状态' },
  legend_visit: { en: 'Newest inspection', zh: '最近一次检查' },
  legend_intact: { en: 'intact', zh: '完好' },
  legend_worn: { en: 'weathered or tilted', zh: '风化或倾斜' },
  legend_bad: { en: 'damaged, moved or missing', zh: '损坏、移位或缺失' },
  legend_unknown: { en: 'not seen', zh: '未查' },
  legend_open: { en: 'open', zh: '开放' },
  legend_closed: { en: 'closed', zh: '关闭' },

  help_title: { en: 'Keys and hints', zh: '按键与提示' },
  help_click: { en: 'Click the map', zh: '点击地图' },
  help_click_does: {
    en: 'A feature opens its card; an empty place tells its coordinates, chainage and nearest markers.',
    zh: '点要素打开卡片；点空白处显示坐标、里程和最近界标。',
  },
  help_drop: { en: 'Drop GPX files', zh: '拖入 GPX 文件' },
  help_drop_does: { en: 'Uploads them and shows a receipt for each.', zh: '上传并逐个显示回执。' },
  help_enter: { en: 'Asks about the middle of the map', zh: '查询地图中心' },
  help_esc: { en: 'Closes the open card or panel', zh: '关闭打开的卡片或面板' },
  help_l: { en: 'Shows or hides the layers', zh: '显示或隐藏图层' },
  help_arrows: { en: 'Move the map when it has the focus', zh: '地图获得焦点时平移' },
  help_plus: { en: 'Zoom', zh: '缩放' },
  help_question: { en: 'Shows this help', zh: '显示本帮助' },
  help_link: { en: 'The address', zh: '网址' },
  help_link_does: {
    en: 'holds boundary, view, layers, language and selection: send it to show someone exactly this.',
    zh: '包含国界、视图、图层、语言和所选要素：发给他人即可看到同样的画面。',
  },

  licences: { en: 'Licences of the parts this page is made of', zh: '本页面所用组件的许可' },

  err_server: { en: 'The server does not answer.', zh: '服务器没有应答。' },
  err_server_do: {
    en: 'Check that Merestone is running on this address, then try again.',
    zh: '请确认 Merestone 正在此地址运行，然后重试。',
  },
  err_status: { en: 'The server answered {status}.', zh: '服务器返回 {status}。' },
  err_unreadable: { en: 'The server sent something this page cannot read.', zh: '服务器返回了无法识别的内容。' },
  err_unreadable_do: {
    en: 'Reload the page: the server may be a newer version.',
    zh: '请刷新页面：服务器可能已升级。',
  },
  err_boundaries: { en: 'Could not read the boundaries', zh: '无法读取国界列表' },
  err_item: { en: 'Could not open the record', zh: '无法打开该记录' },
  err_place: { en: 'Could not ask about this place', zh: '无法查询此处' },
  err_receipts: { en: 'Could not read the receipts', zh: '无法读取回执' },
  err_upload: { en: 'Could not upload {file}', zh: '无法上传 {file}' },
  err_tiles: { en: 'Part of the map could not be read', zh: '部分地图无法读取' },
  err_land: { en: 'The land of the base map could not be read', zh: '底图陆地无法读取' },
  err_marker: { en: 'Marker {label} was not found', zh: '没有找到界标 {label}' },
  err_webgl: {
    en: 'This browser cannot draw the map (WebGL2 is missing or switched off).',
    zh: '此浏览器无法绘制地图（缺少或关闭了 WebGL2）。',
  },
  err_webgl_do: { en: 'Use a current Chrome, Edge or Firefox.', zh: '请使用新版 Chrome、Edge 或 Firefox。' },
  no_boundaries: { en: 'The register holds no boundary yet.', zh: '登记册中还没有国界。' },
  no_boundaries_do: {
    en: 'Load one with “merestone import”, or start “merestone demo” to see the invented one.',
    zh: '请用“merestone import”导入，或运行“merestone demo”查看虚构示例。',
  },
} satisfies Record<string, Text>;

export type TextKey = keyof typeof TEXTS;

/** Names of collections and of the fields a card may show. */
export const NAMES: Record<'collection' | 'field', Record<string, Text>> = {
  collection: {
    sections: { en: 'Section', zh: '段' },
    segments: { en: 'Segment', zh: '界线段' },
    boundary_points: { en: 'Boundary point', zh: '界点' },
    markers: { en: 'Marker', zh: '界标' },
    islands: { en: 'Island', zh: '岛屿' },
    routes: { en: 'Planned route', zh: '计划路线' },
    tracks: { en: 'Track', zh: '轨迹' },
    ports: { en: 'Port', zh: '口岸' },
    projects: { en: 'Border project', zh: '涉界项目' },
    findings: { en: 'Finding', zh: '检核结论' },
  },
  field: {
    character: { en: 'Character', zh: '性质' },
    line_type: { en: 'Line type', zh: '线型' },
    movability: { en: 'Movability', zh: '可变性' },
    legal_status: { en: 'Legal status', zh: '法律状态' },
    technical_status: { en: 'Technical status', zh: '技术状态' },
    condition: { en: 'Condition', zh: '状态' },
    constellation: { en: 'Constellation', zh: '组合' },
    kind: { en: 'Kind', zh: '类别' },
    keeper: { en: 'Kept by', zh: '维护方' },
    erected: { en: 'Erected', zh: '竖立日期' },
    erected_by: { en: 'Erected by', zh: '竖立方' },
    material: { en: 'Material', zh: '材质' },
    section: { en: 'Section', zh: '段' },
    owner: { en: 'Belongs to', zh: '归属' },
    party: { en: 'Side', zh: '所属方' },
    class: { en: 'Class', zh: '级别' },
    status: { en: 'Status', zh: '状态' },
    state: { en: 'State', zh: '状态' },
    traffic: { en: 'Traffic', zh: '通行' },
    counterpart: { en: 'Counterpart', zh: '对应口岸' },
    counterpart_en: { en: 'Counterpart', zh: '对应口岸（英文）' },
    counterpart_zh: { en: 'Counterpart (zh)', zh: '对应口岸' },
    inspection: { en: 'Inspection', zh: '检查' },
    instrument: { en: 'Instrument', zh: '条约文书' },
    length_m: { en: 'Length', zh: '长度' },
    area_m2: { en: 'Area', zh: '面积' },
    ordinal: { en: 'Order', zh: '次序' },
    fixes: { en: 'Fixes', zh: '定位点' },
    sigma_m: { en: 'Standard uncertainty', zh: '标准不确定度' },
    printed_lat: { en: 'Printed latitude', zh: '原文纬度' },
    printed_lon: { en: 'Printed longitude', zh: '原文经度' },
    description: { en: 'Description', zh: '叙述' },
    first_time: { en: 'First fix', zh: '首点时间' },
    last_time: { en: 'Last fix', zh: '末点时间' },
    subjects: { en: 'Concerns', zh: '涉及' },
    check: { en: 'Check', zh: '检核项' },
    height_m: { en: 'Height', zh: '高程' },
    travel: { en: 'On foot or by', zh: '行进方式' },
    opening: { en: 'Opening hours', zh: '开放时间' },
    sections: { en: 'Sections', zh: '段' },
    classification: { en: 'Classification', zh: '密级' },
  },
};

/** The language switch, and everything that depends on it. */
export interface Words {
  readonly lang: Lang;
  t(key: TextKey, values?: Record<string, string | number>): string;
  code(list: string, code: string | null | undefined): string;
  name(names: Names | null | undefined): string;
  /** Things in a row, with the comma of the language. */
  list(parts: (string | null | undefined)[]): string;
  /** `message_en` or `message_zh` of anything that carries both. */
  either(en: string | null | undefined, zh: string | null | undefined): string;
}

export function words(lang: Lang): Words {
  return {
    lang,
    t(key, values) {
      const text = TEXTS[key][lang];
      return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)) : text;
    },
    code(list, code) {
      if (code === null || code === undefined || code === '') return '';
      const texts = list === 'collection' || list === 'field' ? NAMES[list] : CODES[list];
      return texts?.[code]?.[lang] ?? code.replaceAll('_', ' ');
    },
    name(names) {
      if (!names) return '';
      return (lang === 'zh' ? (names.zh ?? names.en) : (names.en ?? names.zh)) ?? names.ru ?? names.ko ?? '';
    },
    list: (parts) => parts.filter(Boolean).join(lang === 'zh' ? '，' : ', '),
    either(en, zh) {
      return (lang === 'zh' ? zh || en : en || zh) ?? '';
    },
  };
}
