import { effect, signal } from "@preact/signals";
import { isDark } from "./screen";

export type Theme = "system" | "light" | "dark";
const STORED = "polylog-theme";
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

const stored = localStorage.getItem(STORED);

/** The colours that the reader chose; `system` follows the device. */
export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export function switchTheme(): void {
  theme.value = NEXT[theme.value];
  if (theme.value === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme.value);
}

/** Colour the page as chosen; call it before the page is first drawn. */
export function follow(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value === "system" ? (isDark.value ? "dark" : "light") : theme.value;
  });
}
