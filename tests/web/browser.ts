// One real Chromium for all walks: Debian's binary, nothing fetched from anywhere, every page's console errors are kept.

import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const SHOTS = resolve('shots');

/** For walks through a cut, a broken print or a lost answer: what goes wrong there once in many runs is what they are for. */
export const ONCE = { retry: 0 } as const;

/** Starts the browser. `LARDER_CHROMIUM` names another binary. */
export function browser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['LARDER_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

export type Size = 'handheld' | 'phone' | 'desk';
const VIEWPORT: Record<Size, { width: number; height: number }> = {
  handheld: { width: 360, height: 740 }, phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 },
};

/** A fresh person at a fresh screen, in a language. */
export async function person(source: Browser, size: Size, lang: 'en' | 'hi' = 'en'): Promise<BrowserContext> {
  const context = await source.newContext({
    viewport: VIEWPORT[size], deviceScaleFactor: 1, hasTouch: size !== 'desk', locale: 'en-IN', timezoneId: 'Asia/Kolkata', reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15_000);
  await context.addInitScript((chosen) => {
    if (localStorage.getItem('larder.lang') === null) localStorage.setItem('larder.lang', chosen);
  }, lang);
  return context;
}

/** Errors that a page wrote to its console or threw; a failed request while a line is cut is not one, nor what is said into a
    socket at the moment in which it closes: whether anything was lost by it, the walks look for at the store. */
export function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/net::ERR_|WebSocket connection|WebSocket is already in CLOSING|Failed to load resource/.test(message.text())) errors.push(message.text());
  });
  return errors;
}

/** A picture for people to look at, in tests/web/shots. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** What axe finds wrong on the page now, as short lines; empty is right. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(options: unknown): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } };
    return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations;
  });
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary?.split('\n')[1] ?? ''}`));
}

/** Keys as a wedge scanner sends them: faster than any person, ended by Enter. `stall` waits in the middle of the burst. */
export async function wedge(page: Page, text: string, stall = 0): Promise<void> {
  const half = Math.floor(text.length / 2);
  for (const [i, sign] of [...text].entries()) {
    if (stall > 0 && i === half) await page.waitForTimeout(stall);
    await page.keyboard.press(sign === ' ' ? 'Space' : sign);
  }
  await page.keyboard.press('Enter');
}
