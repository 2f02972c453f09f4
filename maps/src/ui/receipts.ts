/** The list of receipts, with the files still on their way on top. */
import type { Receipt } from '../api/wire.ts';
import { h, icon, ICONS } from '../dom.ts';
import { bytes, length, percent, utc } from '../format.ts';
import type { App } from '../state/app.ts';
import { stateChip } from './receipt.ts';

export function renderReceipts(app: App, list: Receipt[], upload: () => void): HTMLElement {
  const { words } = app.store.now;
  return h(
    'article',
    { class: 'card', testid: 'receipts' },
    h('header', { class: 'card-head' }, h('h2', {}, words.t('receipts'))),
    list.length === 0
      ? h(
          'div',
          { class: 'empty', testid: 'receipts-empty' },
          icon(ICONS.receipts),
          h('strong', {}, words.t('no_receipts')),
          h('p', {}, words.t('no_receipts_do')),
          h('button', { class: 'button', onclick: upload }, icon(ICONS.upload), words.t('upload')),
        )
      : h(
          'ul',
          { class: 'receipt-list' },
          list.map((receipt) =>
            h(
              'li',
              {},
              h(
                'button',
                {
                  onclick: () =>
                    app.store.set({ selection: { kind: 'receipt', id: String(receipt.id) }, alsoHere: [] }),
                },
                h('span', { class: 'receipt-line' }, h('strong', {}, receipt.number), stateChip(app, receipt)),
                h('span', { class: 'file-name' }, receipt.filename),
                h(
                  'small',
                  {},
                  [
                    `${utc(receipt.received_at).slice(0, 16)} UTC`,
                    receipt.summary?.length_m ? length(receipt.summary.length_m) : bytes(receipt.bytes),
                    ...coverages(receipt),
                  ].join(' · '),
                ),
              ),
            ),
          ),
        ),
  );
}

function coverages(receipt: Receipt): string[] {
  return (receipt.results ?? []).flatMap(({ coverage }) => (coverage ? [percent(coverage.percent)] : []));
}
