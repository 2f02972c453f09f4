/**
 * Map symbols, drawn on a canvas when the style first asks for them. The name of an image says what it
 * shows: `marker/<constellation>/<kind>/<look>/<visit>`, `verdict/<verdict>`, `port/<open|closed>`, `hatch`, `ridge`, `peak`.
 */
import type { Map as MapLibre } from 'maplibre-gl';
import { PALETTE } from './palette.ts';

const RATIO = 2;

/** How a marker's condition looks; eleven codes are four looks on the map, the card has the exact one. */
export type Look = 'intact' | 'worn' | 'bad' | 'unknown';
export type Visit = 'visited' | 'passed' | 'missed' | 'none';

export const LOOKS: Record<string, Look> = {
  intact: 'intact',
  weathered: 'worn',
  tilted: 'worn',
  displaced_suspected: 'worn',
  damaged: 'bad',
  destroyed: 'bad',
  missing: 'bad',
  displaced_confirmed: 'bad',
};

/** A port that lets someone through today. */
export const OPEN_PORTS = ['open', 'restricted', 'temporarily_open'];

export function installIcons(map: MapLibre): void {
  map.setMissingStyleImageResolver((id) => {
    const drawn = drawIcon(id);
    if (drawn && !map.hasImage(id)) {
      const image = drawn.context.getImageData(0, 0, drawn.canvas.width, drawn.canvas.height);
      map.addImage(id, image, { pixelRatio: RATIO });
    }
  });
}

/** The same drawing as a picture for the legend. */
export function iconCanvas(id: string): HTMLCanvasElement | null {
  const drawn = drawIcon(id);
  if (!drawn) return null;
  drawn.canvas.style.width = `${drawn.canvas.width / RATIO}px`;
  drawn.canvas.style.height = `${drawn.canvas.height / RATIO}px`;
  return drawn.canvas;
}

interface Drawing {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
}

function drawIcon(id: string): Drawing | null {
  const [family, ...rest] = id.split('/');
  switch (family) {
    case 'marker':
      return draw(34, (c) => marker(c, rest[0] ?? 'single', rest[1] ?? 'main', rest[2] as Look, rest[3] as Visit));
    case 'verdict':
      return draw(22, (c) => verdict(c, rest[0] ?? ''));
    case 'port':
      return draw(26, (c) => port(c, rest[0] === 'open'));
    case 'hatch':
      return draw(10, hatch);
    case 'ridge':
      return draw(12, ridge);
    case 'pin':
      return draw(40, pin);
    case 'peak':
      return draw(14, peak);
    default:
      return null;
  }
}

/** A place that was looked for; its tip is at the lower edge. */
function pin(c: CanvasRenderingContext2D): void {
  c.beginPath();
  c.moveTo(0, 19);
  c.bezierCurveTo(-3, 10, -11, 5, -11, -5);
  c.arc(0, -5, 11, Math.PI, 0);
  c.bezierCurveTo(11, 5, 3, 10, 0, 19);
  c.closePath();
  c.fillStyle = '#1f5f8b';
  c.strokeStyle = '#ffffff';
  c.lineWidth = 2;
  c.fill();
  c.stroke();
  c.beginPath();
  c.arc(0, -5, 4, 0, 2 * Math.PI);
  c.fillStyle = '#ffffff';
  c.fill();
}

function draw(size: number, paint: (context: CanvasRenderingContext2D) => void): Drawing | null {
  const canvas = document.createElement('canvas');
  canvas.width = size * RATIO;
  canvas.height = size * RATIO;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.scale(RATIO, RATIO);
  if (size !== 10) context.translate(size / 2, size / 2);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  paint(context);
  return { canvas, context };
}

function marker(c: CanvasRenderingContext2D, constellation: string, kind: string, look: Look, visit: Visit): void {
  c.beginPath();
  c.arc(0, 0, visit === 'none' ? 10 : 12.5, 0, 2 * Math.PI);
  c.fillStyle = visit === 'none' ? 'rgba(255,255,255,0.55)' : 'rgba(255,255,255,0.92)';
  c.fill();
  ring(c, visit);

  const size = kind === 'auxiliary' ? 0.74 : 1;
  const outline = (): void => {
    c.beginPath();
    if (kind === 'buoy') {
      c.arc(0, 1, 5.4, 0, 2 * Math.PI);
    } else if (kind === 'range_mark') {
      polygon(c, [
        [0, -7.2],
        [5, 0],
        [0, 7.2],
        [-5, 0],
      ]);
    } else if (constellation === 'triple') {
      polygon(c, [
        [0, -6.8],
        [6.4, 4.6],
        [-6.4, 4.6],
      ]);
    } else if (constellation === 'double') {
      c.arc(0, 0, 5.8, 0, 2 * Math.PI);
    } else {
      c.rect(-5, -5, 10, 10);
    }
  };
  c.save();
  c.scale(size, size);
  const ink = look === 'bad' ? PALETTE.fail : look === 'unknown' ? '#7b8a93' : PALETTE.ink;
  outline();
  c.fillStyle = look === 'intact' ? PALETTE.ink : look === 'worn' ? PALETTE.worn : '#ffffff';
  c.fill();
  if (constellation === 'double' && (kind === 'main' || kind === 'auxiliary')) {
    // A bar across the disc: one of two stones, the line runs between them.
    c.save();
    outline();
    c.clip();
    c.fillStyle = look === 'intact' ? '#ffffff' : ink;
    c.fillRect(-1.15, -7, 2.3, 14);
    c.restore();
  }
  if (kind === 'buoy') {
    c.fillStyle = look === 'intact' ? '#ffffff' : ink;
    c.fillRect(-5.2, 0, 10.4, 2.2);
    stroke(c, ink, 1.6, [
      [0, -4.4],
      [0, -8.2],
    ]);
  }
  outline();
  c.strokeStyle = ink;
  c.lineWidth = 1.6 / size;
  c.stroke();
  if (look === 'bad') {
    stroke(c, ink, 1.7 / size, [
      [-2.7, -2.7],
      [2.7, 2.7],
    ]);
    stroke(c, ink, 1.7 / size, [
      [2.7, -2.7],
      [-2.7, 2.7],
    ]);
  }
  c.restore();
}

/** Visited is a closed ring, passed a dotted one, missed a heavy broken one: told apart without colour. */
function ring(c: CanvasRenderingContext2D, visit: Visit): void {
  if (visit === 'none') return;
  c.save();
  c.lineCap = visit === 'passed' ? 'round' : 'butt';
  c.lineWidth = visit === 'missed' ? 3.4 : 2.5;
  c.strokeStyle = visit === 'visited' ? PALETTE.pass : visit === 'passed' ? PALETTE.passed : PALETTE.fail;
  const around = 2 * Math.PI * 12.5;
  if (visit === 'passed') c.setLineDash([0.1, around / 14 - 0.1]);
  if (visit === 'missed') c.setLineDash([around / 4 - 7, 7]);
  c.rotate(visit === 'missed' ? 0.28 : 0);
  c.beginPath();
  c.arc(0, 0, 12.5, 0, 2 * Math.PI);
  c.stroke();
  c.restore();
}

function verdict(c: CanvasRenderingContext2D, verdict: string): void {
  c.beginPath();
  if (verdict === 'fail')
    polygon(c, [
      [0, -8.6],
      [9, 7],
      [-9, 7],
    ]);
  else if (verdict === 'pass') c.arc(0, 0, 7.6, 0, 2 * Math.PI);
  else
    polygon(c, [
      [0, -9],
      [9, 0],
      [0, 9],
      [-9, 0],
    ]);
  c.fillStyle = verdict === 'fail' ? PALETTE.fail : verdict === 'pass' ? PALETTE.pass : PALETTE.inconclusive;
  c.fill();
  c.strokeStyle = '#ffffff';
  c.lineWidth = 1.6;
  c.stroke();
  if (verdict === 'pass') {
    stroke(c, '#ffffff', 2, [
      [-3.4, 0.2],
      [-1, 2.8],
      [3.6, -2.6],
    ]);
  } else if (verdict === 'fail') {
    stroke(c, '#ffffff', 2, [
      [0, -3.2],
      [0, 1.6],
    ]);
    stroke(c, '#ffffff', 2.2, [
      [0, 4.4],
      [0, 4.5],
    ]);
  } else {
    c.beginPath();
    c.arc(0, -1.6, 2.3, Math.PI, 2.4 * Math.PI);
    c.lineTo(0, 1.8);
    c.strokeStyle = '#ffffff';
    c.lineWidth = 1.7;
    c.stroke();
    stroke(c, '#ffffff', 2, [
      [0, 4.6],
      [0, 4.7],
    ]);
  }
}

function port(c: CanvasRenderingContext2D, open: boolean): void {
  const colour = open ? PALETTE.port : '#77858e';
  c.beginPath();
  c.roundRect(-10, -10, 20, 20, 4.5);
  c.fillStyle = open ? colour : '#ffffff';
  c.fill();
  c.strokeStyle = open ? '#ffffff' : colour;
  c.lineWidth = 1.6;
  c.stroke();
  const ink = open ? '#ffffff' : colour;
  stroke(c, ink, 2, [
    [-5.5, 6],
    [-5.5, -5],
  ]);
  stroke(c, ink, 2, [
    [5.5, 6],
    [5.5, -5],
  ]);
  // The bar of the gate stands up when the port is open.
  stroke(
    c,
    ink,
    2,
    open
      ? [
          [-5.5, -4.5],
          [2, -6.5],
        ]
      : [
          [-5.5, 0],
          [5.5, 0],
        ],
  );
  if (!open)
    stroke(c, ink, 2, [
      [-5.5, -5],
      [5.5, -5],
    ]);
}

function hatch(c: CanvasRenderingContext2D): void {
  c.lineCap = 'butt';
  for (const shift of [-10, 0, 10])
    stroke(c, 'rgba(178,102,42,0.75)', 1.1, [
      [shift - 1, 11],
      [shift + 11, -1],
    ]);
}

function ridge(c: CanvasRenderingContext2D): void {
  c.beginPath();
  polygon(c, [
    [0, -3],
    [3.6, 3],
    [-3.6, 3],
  ]);
  c.fillStyle = PALETTE.ridge;
  c.fill();
}

function peak(c: CanvasRenderingContext2D): void {
  c.beginPath();
  polygon(c, [
    [0, -4.5],
    [5, 4],
    [-5, 4],
  ]);
  c.fillStyle = '#8a7450';
  c.fill();
  c.strokeStyle = '#ffffff';
  c.lineWidth = 1;
  c.stroke();
}

type Points = [number, number][];

function polygon(c: CanvasRenderingContext2D, points: Points): void {
  points.forEach(([x, y], at) => (at === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
  c.closePath();
}

function stroke(c: CanvasRenderingContext2D, colour: string, width: number, points: Points): void {
  c.beginPath();
  points.forEach(([x, y], at) => (at === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.stroke();
}
