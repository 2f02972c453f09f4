/** The layer panel: switches, legend, and how many of each there are. */
import { fill, h, icon, ICONS } from '../dom.ts';
import type { TextKey } from '../i18n.ts';
import { GROUPS, type Group } from '../map/groups.ts';
import { iconCanvas } from '../map/icons.ts';
import type { App } from '../state/app.ts';

/** Groups whose one sign stands beside the name. */
const SWATCHED = new Set(['boundary_points', 'islands', 'projects', 'routes', 'tracks']);

export function createLayers(app: App): HTMLElement {
  const panel = h('section', { class: 'layers', testid: 'layer-panel' });
  let counts = new Map<string, number>();

  const isOn = (id: string): boolean => !app.store.now.layers.some((layer) => layer.id === id && !layer.on);
  const toggle = (id: string): void => {
    const others = app.store.now.layers.filter((layer) => layer.id !== id);
    app.store.set({ layers: isOn(id) ? [...others, { id, on: false }] : others });
  };

  function row(group: Group): HTMLElement {
    const { words } = app.store.now;
    const count = group.collection ? counts.get(group.collection) : undefined;
    const far = group.minzoom !== undefined && app.map.getZoom() < group.minzoom;
    return h(
      'div',
      { class: `layer${isOn(group.id) ? '' : ' layer-off'}` },
      h(
        'label',
        {},
        h('input', {
          type: 'checkbox',
          testid: `layer-${group.id}`,
          checked: isOn(group.id),
          onchange: () => toggle(group.id),
        }),
        SWATCHED.has(group.id) ? h('i', { class: `sign sign-${group.id}` }) : null,
        h('span', { class: 'layer-name' }, words.t(group.label)),
        far ? h('small', {}, words.t('zoomed_out')) : null,
        count === undefined ? null : h('span', { class: 'count' }, count),
      ),
      isOn(group.id) ? legend(group.id) : null,
    );
  }

  function legend(id: string): HTMLElement | null {
    const { words } = app.store.now;
    const line = (kind: string, key: TextKey) => h('li', {}, h('i', { class: `swatch swatch-${kind}` }), words.t(key));
    const sign = (image: string, key: TextKey) => h('li', {}, iconCanvas(image), words.t(key));
    const list = (...items: HTMLElement[]) => h('ul', {}, ...items);
    switch (id) {
      case 'segments':
        return list(
          line('land', 'legend_land'),
          line('river', 'legend_river'),
          line('shared', 'legend_shared_water'),
          ...(app.store.now.boundary?.sections?.some(({ legal_status }) => legal_status === 'not_agreed')
            ? [line('open', 'legend_not_agreed')]
            : []),
        );
      case 'markers':
        return h(
          'div',
          {},
          list(
            sign('marker/single/main/intact/none', 'legend_single'),
            sign('marker/double/main/intact/none', 'legend_double'),
            sign('marker/triple/main/intact/none', 'legend_triple'),
            sign('marker/single/auxiliary/intact/none', 'legend_auxiliary'),
            sign('marker/single/range_mark/intact/none', 'legend_range_mark'),
            sign('marker/single/buoy/intact/none', 'legend_buoy'),
          ),
          h('h4', {}, words.t('legend_condition')),
          list(
            sign('marker/single/main/intact/none', 'legend_intact'),
            sign('marker/single/main/worn/none', 'legend_worn'),
            sign('marker/single/main/bad/none', 'legend_bad'),
            sign('marker/single/main/unknown/none', 'legend_unknown'),
          ),
          h('h4', {}, words.t('legend_visit')),
          list(
            sign('marker/single/main/intact/visited', 'visited'),
            sign('marker/single/main/intact/passed', 'passed'),
            sign('marker/single/main/intact/missed', 'missed'),
          ),
        );
      case 'findings':
        return list(
          sign('verdict/pass', 'pass'),
          sign('verdict/inconclusive', 'inconclusive'),
          sign('verdict/fail', 'fail'),
        );
      case 'ports':
        return list(sign('port/open', 'legend_open'), sign('port/closed', 'legend_closed'));
      default:
        return null;
    }
  }

  function render(): void {
    const { words, layersOpen } = app.store.now;
    panel.hidden = !layersOpen;
    if (!layersOpen) return;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['testid'];
    const top = panel.scrollTop;
    panel.setAttribute('aria-label', words.t('layers'));
    const parts = ['layers_boundary', 'layers_field', 'layers_ground'] as const;
    fill(
      panel,
      h(
        'div',
        { class: 'panel-head' },
        h('h2', {}, words.t('layers')),
        h(
          'button',
          {
            class: 'icon-button',
            'aria-label': words.t('close'),
            testid: 'layers-close',
            onclick: () => app.store.set({ layersOpen: false }),
          },
          icon(ICONS.close),
        ),
      ),
      parts.map((part) =>
        h('fieldset', {}, h('legend', {}, words.t(part)), GROUPS.filter((group) => group.part === part).map(row)),
      ),
    );
    panel.scrollTop = top;
    if (focused) panel.querySelector<HTMLElement>(`[data-testid="${focused}"]`)?.focus();
  }

  /** Counts are an extra: where the server does not tell them, the panel does without. */
  async function count(): Promise<void> {
    const { boundary, layersOpen, time } = app.store.now;
    if (!boundary || !layersOpen) return;
    const found = new Map<string, number>();
    if (boundary.n_markers !== undefined) found.set('markers', boundary.n_markers);
    await Promise.all(
      GROUPS.flatMap(({ collection }) => collection ?? []).map(async (collection) => {
        const page = await app.client.items(collection, boundary.key, 1).catch(() => null);
        if (page?.numberMatched !== undefined) found.set(collection, page.numberMatched);
      }),
    );
    if (app.store.now.boundary !== boundary || app.store.now.time !== time) return;
    counts = found;
    render();
  }

  let far = '';
  app.map.on('zoomend', () => {
    const now = GROUPS.map(({ minzoom }) => minzoom !== undefined && app.map.getZoom() < minzoom).join();
    if (now !== far) render();
    far = now;
  });
  app.store.on(['words', 'layers', 'layersOpen', 'boundary'], render);
  app.store.on(['boundary', 'edition', 'time', 'layersOpen'], () => void count());
  render();
  return panel;
}
