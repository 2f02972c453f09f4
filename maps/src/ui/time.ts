/** Time travel: the day whose register is shown, and the line that says so as long as it is not today's. */
import { fill, h, icon, ICONS } from '../dom.ts';
import type { App } from '../state/app.ts';
import { isDay, TODAY } from '../state/hash.ts';

export interface TimeControl {
  element: HTMLElement;
  toggle(): void;
}

export function createTimeControl(app: App): TimeControl {
  const button = h('button', {
    class: 'bar-button',
    testid: 'time-button',
    'aria-expanded': 'false',
    'aria-controls': 'time-box',
    onclick: () => toggle(),
  });
  const box = h('div', { id: 'time-box', class: 'time-box', testid: 'time-box', hidden: true, role: 'group' });
  const element = h('div', { class: 'time' }, button, box);

  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !element.contains(event.target)) shut(false);
  });
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || box.hidden) return;
    event.stopPropagation();
    shut(true);
  });

  function toggle(): void {
    box.hidden = !box.hidden;
    button.setAttribute('aria-expanded', String(!box.hidden));
    if (!box.hidden) box.querySelector('input')?.focus();
  }

  function shut(focus: boolean): void {
    if (box.hidden) return;
    box.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (focus) button.focus();
  }

  /** Sets one of the two days, when it is one: a field that is being typed into holds none for a while. */
  function choose(which: 'inForce' | 'knownAt', field: HTMLInputElement): void {
    const day = isDay(field.value);
    if (field.value !== '' && day === '') return;
    if (app.store.now.time[which] !== day) app.store.set({ time: { ...app.store.now.time, [which]: day } });
  }

  function field(which: 'inForce' | 'knownAt', title: string, hint: string): HTMLElement {
    const id = `time-${which}`;
    const input = h('input', {
      type: 'date',
      id,
      testid: id,
      min: '1000-01-01',
      max: '2999-12-31',
      'aria-describedby': `${id}-hint`,
      onchange: (event) => choose(which, event.target as HTMLInputElement),
    });
    input.value = app.store.now.time[which];
    return h('div', { class: 'time-field' }, h('label', { for: id }, title), input, h('small', { id: `${id}-hint` }, hint));
  }

  function render(): void {
    const { words, time } = app.store.now;
    const past = time.inForce !== '' || time.knownAt !== '';
    button.classList.toggle('time-past', past);
    button.title = `${words.t('time_title')} (T)`;
    fill(button, icon(ICONS.clock), h('span', {}, time.inForce || (past ? words.t('time_known_short') : words.t('time_today'))));
    box.setAttribute('aria-label', words.t('time_title'));
    const focused = (document.activeElement as HTMLElement | null)?.id;
    const behind = box.querySelector('details')?.open === true || time.knownAt !== '';
    fill(
      box,
      field('inForce', words.t('time_in_force'), words.t('time_in_force_hint')),
      h(
        'details',
        { open: behind },
        h('summary', {}, words.t('time_more')),
        field('knownAt', words.t('time_known_at'), words.t('time_known_at_hint')),
      ),
      h(
        'button',
        {
          class: 'quiet',
          type: 'button',
          testid: 'time-today',
          disabled: !past,
          onclick: () => {
            app.store.set({ time: TODAY });
            shut(true);
          },
        },
        words.t('time_back'),
      ),
    );
    if (focused) box.querySelector<HTMLElement>(`#${CSS.escape(focused)}`)?.focus();
  }

  app.store.on(['words', 'time'], render);
  render();
  return { element, toggle };
}

/** Stands above the map as long as it shows another day, so that nobody takes it for today's. */
export function createTimeBanner(app: App): HTMLElement {
  const line = h('div', { class: 'time-banner', role: 'status', testid: 'time-banner', hidden: true });
  function render(): void {
    const { words, time } = app.store.now;
    const { inForce, knownAt } = time;
    line.hidden = inForce === '' && knownAt === '';
    document.body.classList.toggle('is-past', !line.hidden);
    if (line.hidden) {
      fill(line);
      return;
    }
    const text =
      inForce && knownAt
        ? words.t('time_banner_both', { day: inForce, known: knownAt })
        : inForce
          ? words.t('time_banner', { day: inForce })
          : words.t('time_banner_known', { known: knownAt });
    fill(
      line,
      icon(ICONS.clock),
      h('span', {}, text),
      h(
        'button',
        { class: 'time-banner-back', type: 'button', testid: 'time-back', onclick: () => app.store.set({ time: TODAY }) },
        words.t('time_back'),
      ),
    );
  }
  app.store.on(['words', 'time'], render);
  render();
  return line;
}
