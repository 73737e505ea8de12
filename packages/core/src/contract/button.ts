/**
 * A button under a message. `data` comes back in a `button` event when somebody presses it; it may be longer than the platform takes,
 * up to 4,096 UTF-16 units. It is text like any other that comes from outside: a client of somebody's making may send what no button says.
 * `url` is http or https, and pressing it tells nobody.
 */
export type OutboundButton =
  | { readonly text: string; readonly data: string }
  | { readonly text: string; readonly url: string };

/** Rows of buttons, from the top. */
export type ButtonRows = readonly (readonly OutboundButton[])[];
