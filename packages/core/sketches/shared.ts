import type { TextLimit } from "../src/contract/features.js";

/** What the sketches need of core's format room. */
export declare function split(markdown: string, limit: TextLimit): readonly string[];

export declare function sha256(text: string): string;
