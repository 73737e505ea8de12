/** A value that survives `JSON.stringify` unchanged; everything the store keeps is made of it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
