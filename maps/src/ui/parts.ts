/** Small pieces that several cards share. */
import { h, icon, ICONS } from '../dom.ts';
import type { ItemProperties, LinearReference, Position, Verdict } from '../api/wire.ts';
import { chainage, group, length } from '../format.ts';
import type { Words } from '../i18n.ts';
import type { App } from '../state/app.ts';

export function section(title: string, ...body: (Node | null)[]): HTMLElement | null {
  const children = body.filter((node) => node !== null);
  return children.length === 0 ? null : h('section', { class: 'block' }, h('h3', {}, title), ...children);
}

/** A list of names and values; empty values are left out. */
export function facts(rows: [string, string | Node | null | undefined][]): HTMLElement | null {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (shown.length === 0) return null;
  return h(
    'dl',
    { class: 'facts' },
    shown.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value as string | Node)]),
  );
}

export function verdictChip(verdict: Verdict, text: string): HTMLElement {
  return h(
    'span',
    { class: `chip verdict-${verdict}` },
    h('i', { class: `shape shape-${verdict}`, 'aria-hidden': 'true' }),
    text,
  );
}

export function copyButton(app: App, text: () => string): HTMLElement {
  const { words } = app.store.now;
  const button = h(
    'button',
    {
      class: 'icon-button small',
      title: words.t('copy'),
      'aria-label': words.t('copy'),
      onclick: () => void copy(app, text()),
    },
    icon(ICONS.copy),
  );
  return button;
}

export async function copy(app: App, text: string, note?: string): Promise<void> {
  const { words } = app.store.now;
  try {
    await navigator.clipboard.writeText(text);
    app.toast.say(note ?? words.t('copied'));
  } catch {
    app.toast.say(words.t('copy_failed'));
  }
}

const POSITION_KEYS = {
  received: 'received_position',
  legal: 'legal_position',
  projected: 'projected_position',
  display: 'display_position',
} as const;

/** The coordinates of one place, one block a frame. */
export function positions(app: App, list: Position[] | undefined): HTMLElement | null {
  const { words } = app.store.now;
  if (!list || list.length === 0) return null;
  return h(
    'div',
    { class: 'positions', testid: 'positions' },
    list.map((position) => {
      const kind = POSITION_KEYS[position.kind as keyof typeof POSITION_KEYS];
      const lines = position.text?.length ? position.text : planeText(position);
      const accuracy = position.accuracy_m ? ` ± ${group(position.accuracy_m, 3)} m` : '';
      return h(
        'div',
        { class: `position position-${position.kind}` },
        h('div', { class: 'position-kind' }, kind ? words.t(kind) : position.kind),
        h(
          'div',
          { class: 'position-text' },
          lines.map((line) => h('code', {}, line)),
        ),
        h(
          'div',
          { class: 'position-frame' },
          [position.name, position.crs, position.kind === 'display' ? words.t('display_note') : '']
            .filter(Boolean)
            .join(' · ') + accuracy,
        ),
        copyButton(app, () => `${lines.join(' ')} (${position.crs})`),
      );
    }),
  );
}

function planeText({ x, y }: Position): string[] {
  const number = (value: number | string): string => (typeof value === 'number' ? String(value) : value);
  return [`x ${number(x)}`, `y ${number(y)}`];
}

export function reference(words: Words, value: LinearReference | null | undefined): HTMLElement | null {
  const text = value ? words.either(value.en, value.zh) : '';
  return text ? h('p', { class: 'reference', testid: 'linear-reference' }, text) : null;
}

/** "K12+300, 4.2 m left", or what of it is known. */
export function chainageText(
  words: Words,
  metres: number | null | undefined,
  offset: number | null | undefined,
  side: string | null | undefined,
  text?: string,
): string {
  if (metres === null || metres === undefined) return text ?? '';
  const where = text ?? chainage(metres);
  if (offset === null || offset === undefined) return where;
  if (Math.abs(offset) < 0.0005) return `${where} · ${words.t('on_the_line')}`;
  const sideText = side ? ` ${words.code('side', side)}` : '';
  return `${where} · ${words.t('offset')} ${length(offset)}${sideText}`;
}

/** What to call a feature: its own name, else its kind and number. */
export function titleOf(
  words: Words,
  collection: string,
  properties: ItemProperties | Record<string, unknown>,
): string {
  const p = properties as ItemProperties;
  const own = words.name(p.names) || words.either(p.name_en, p.name_zh);
  if (collection === 'findings')
    return (
      [p.check, words.either(p.message_en, p.message_zh)].filter(Boolean).join(' · ') ||
      words.code('collection', collection)
    );
  if (p.kind_title) return own || `${p.kind_title} ${p.number ?? ''}`.trim();
  const number = p.number === null || p.number === undefined || p.number === '' ? '' : String(p.number);
  if (own) return own;
  if (p.name) return `${words.code('collection', collection)} ${p.name}`;
  return number ? `${words.code('collection', collection)} ${number}` : words.code('collection', collection);
}

/** The same name in the other languages it has. */
export function otherNames(words: Words, properties: ItemProperties): { lang: string; text: string }[] {
  const names = properties.names ?? {
    ...(properties.name_zh ? { zh: properties.name_zh } : {}),
    ...(properties.name_en ? { en: properties.name_en } : {}),
  };
  const main = words.name(names);
  return (['zh', 'en', 'ru', 'ko'] as const).flatMap((lang) => {
    const text = names[lang];
    return text && text !== main ? [{ lang, text }] : [];
  });
}

export function spinner(words: Words): HTMLElement {
  return h('p', { class: 'loading' }, words.t('loading'));
}
