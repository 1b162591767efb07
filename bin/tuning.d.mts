export const flags: string[];
export const settings: Record<string, string>;
