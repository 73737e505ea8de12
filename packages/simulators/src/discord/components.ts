import { z } from "zod";
import { type ApiError, invalidField } from "./errors.js";
import { text } from "./form.js";

/** A part of a message that can be pressed, chosen from or read. */
export interface Component {
  type: number;
  id?: number | undefined;
  custom_id?: string | undefined;
  label?: string | undefined;
  style?: number | undefined;
  url?: string | undefined;
  disabled?: boolean | undefined;
  content?: string | undefined;
  placeholder?: string | undefined;
  min_values?: number | undefined;
  max_values?: number | undefined;
  options?: SelectOption[] | undefined;
  components?: Component[] | undefined;
  accessory?: Component | undefined;
  [other: string]: unknown;
}

export interface SelectOption {
  label: string;
  value: string;
  description?: string | undefined;
  [other: string]: unknown;
}

/** Of one message, nested ones included. */
const MAX_COMPONENTS = 40;
const MAX_ROWS = 5;
/** Buttons in the rows of a message without components v2. */
const MAX_IN_ROWS = 25;
const ROW = 1;
const BUTTON = 2;
const LINK_STYLE = 5;
/** Those that a message can hold without the flag for components v2: action rows. */
const CLASSIC = new Set([ROW]);
const SELECTS = new Set([3, 5, 6, 7, 8]);

const component: z.ZodType<Component> = z.looseObject({
  type: z.int(),
  id: z.int().optional(),
  custom_id: text(100, 1).optional(),
  label: text(80).optional(),
  style: z.int().optional(),
  url: text(512).optional(),
  disabled: z.boolean().optional(),
  content: z.string().optional(),
  placeholder: text(150).optional(),
  min_values: z.int().optional(),
  max_values: z.int().optional(),
  options: z
    .array(z.looseObject({ label: text(100, 1), value: text(100, 1), description: text(100).optional() }))
    .max(25)
    .optional(),
  get components() {
    return z.array(component).optional();
  },
  get accessory() {
    return component.optional();
  },
});

export const componentsField = z.array(component);

/** Every component below these, outermost first. */
export function allComponents(list: readonly Component[]): Component[] {
  return list.flatMap((item) => [
    item,
    ...allComponents(item.components ?? []),
    ...allComponents(item.accessory === undefined ? [] : [item.accessory]),
  ]);
}

/** Numbers the components as Discord does and refuses what it refuses. */
export function checkComponents(list: readonly Component[], isV2: boolean): Component[] {
  const all = allComponents(list);
  if (!isV2) {
    if (list.length > MAX_ROWS)
      throw invalidField(
        "components",
        "BASE_TYPE_BAD_LENGTH",
        `Must be between 0 and ${MAX_ROWS} in length.`,
      );
    for (const [index, { type }] of list.entries())
      if (!CLASSIC.has(type)) throw wrongChoice(`components.${index}.type`, CLASSIC);
    if (all.length - list.length > MAX_IN_ROWS)
      throw invalidField("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "Too many components.");
  }
  if (all.length > MAX_COMPONENTS)
    throw invalidField("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "Too many components.");
  for (const [index, row] of list.entries()) if (row.type === ROW) checkRow(row, `components.${index}`);
  const ids = new Set<string>();
  for (const { custom_id } of all) {
    if (custom_id === undefined) continue;
    if (ids.has(custom_id))
      throw invalidField(
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
        "Component custom id cannot be duplicated",
      );
    ids.add(custom_id);
  }
  let next = 0;
  const number = (item: Component): Component => {
    next += 1;
    const id = item.id ?? next;
    return {
      ...item,
      id,
      ...(item.components !== undefined && { components: item.components.map(number) }),
      ...(item.accessory !== undefined && { accessory: number(item.accessory) }),
    };
  };
  return list.map(number);
}

function checkRow(row: Component, path: string): void {
  const items = row.components ?? [];
  if (items.length < 1 || items.length > 5)
    throw invalidField(`${path}.components`, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  if (items.length > 1 && items.some(({ type }) => SELECTS.has(type)))
    throw invalidField(
      `${path}.components`,
      "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
      "The specified component exceeds the maximum width",
    );
  for (const [index, item] of items.entries()) {
    const where = `${path}.components.${index}`;
    if (item.type !== BUTTON && !SELECTS.has(item.type))
      throw wrongChoice(`${where}.type`, new Set([BUTTON, ...SELECTS]));
    const isLink = item.type === BUTTON && item.style === LINK_STYLE;
    if (isLink && item.url === undefined)
      throw invalidField(`${where}.url`, "BUTTON_COMPONENT_URL_REQUIRED", "A url is required");
    if (!isLink && item.custom_id === undefined)
      throw invalidField(
        `${where}.custom_id`,
        "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
        "A custom id is required",
      );
  }
}

function wrongChoice(path: string, choices: ReadonlySet<number>): ApiError {
  return invalidField(
    path,
    "UNION_TYPE_CHOICES",
    `Value of field "type" must be one of (${[...choices].join(", ")}).`,
  );
}
