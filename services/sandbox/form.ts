import { invalid } from "./errors.ts";

/** Decoded form fields. Objects have no prototype, so that no name means anything but itself. Arrays are objects with the keys 0, 1, … */
export interface Form {
  [name: string]: string | Form;
}

const MAX_DEPTH = 5;
const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;

/** Decodes `a=1&metadata[order]=2&expand[]=x`, of a body or a query. Throws an ApiError for names that make no sense. */
export function decodeForm(text: string): Form {
  const form: Form = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) set(form, pathOf(name), value, name);
  return form;
}

function pathOf(name: string): string[] {
  const [, head, brackets] = NAME.exec(name) ?? [];
  const path = head === undefined ? [] : [head, ...(brackets ? brackets.slice(1, -1).split("][") : [])];
  if (path.length === 0 || path.length > MAX_DEPTH) throw invalid(`Invalid parameter name: ${name}`, { param: name });
  return path;
}

function set(form: Form, path: string[], value: string, param: string): void {
  const [head, ...rest] = path;
  const name = head || String(Object.keys(form).length);
  const present = form[name];
  if (rest.length === 0) {
    if (typeof present === "object")
      throw invalid(`Invalid object: ${param} is given both as a value and as an object`, { param });
    form[name] = value;
    return;
  }
  if (typeof present === "string")
    throw invalid(`Invalid object: ${param} is given both as a value and as an object`, { param });
  set((form[name] = present ?? (Object.create(null) as Form)), rest, value, param);
}
