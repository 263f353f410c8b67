// A file to write to: one that the reader chooses, if the browser can do that, otherwise a download.

import type { Sink } from "../state/export";

interface Chosen {
  createWritable(): Promise<FileSystemWritableFileStream>;
}

interface Picker {
  showSaveFilePicker?: (options: object) => Promise<Chosen>;
}

/** Return where to write; undefined if the reader chose no file. */
export async function choose(name: string, type: string): Promise<Sink | undefined> {
  const { showSaveFilePicker } = window as Window & Picker;
  if (!showSaveFilePicker) return download(name, type);
  const extension = name.slice(name.lastIndexOf("."));
  const types = [{ accept: { [type]: [extension] } }];
  try {
    const file = await showSaveFilePicker.call(window, { suggestedName: name, types });
    return stream(await file.createWritable());
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}

function stream(file: FileSystemWritableFileStream): Sink {
  return { write: (text) => file.write(text), close: () => file.close(), abort: () => file.abort() };
}

function download(name: string, type: string): Sink {
  const parts: string[] = [];
  return {
    write: async (text) => void parts.push(text),
    close: async () => save(new Blob(parts, { type }), name),
    abort: async () => undefined,
  };
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
