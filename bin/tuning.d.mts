export const flags: string[];
export const podFlags: string[];
export const settings: Record<string, string>;
