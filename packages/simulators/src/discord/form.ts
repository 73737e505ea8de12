import { z } from "zod";
import { type ApiError, type FormError, type FormErrors, invalidForm } from "./errors.js";

/** Reads a body or a query, or refuses it as Discord does: 50035 with the errors nested like the body. */
export function readForm<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw formError(parsed.error);
}

function formError({ issues }: z.ZodError): ApiError {
  const errors: FormErrors = {};
  for (const issue of issues) put(errors, issue.path, translate(issue));
  return invalidForm(errors);
}

function put(errors: FormErrors, [first, ...rest]: readonly PropertyKey[], error: FormError): void {
  if (first === undefined) {
    const own = errors._errors;
    errors._errors = [...(Array.isArray(own) ? own : []), error];
    return;
  }
  const known = errors[String(first)];
  const inner = known === undefined || Array.isArray(known) ? {} : known;
  errors[String(first)] = inner;
  put(inner, rest, error);
}

/** Discord's codes and texts, as its API gives them. */
function translate(issue: z.core.$ZodIssue): FormError {
  switch (issue.code) {
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? { code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${issue.maximum} or fewer in length.` }
        : { code: "NUMBER_TYPE_MAX", message: `int value should be less than or equal to ${issue.maximum}.` };
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? { code: "BASE_TYPE_MIN_LENGTH", message: `Must be ${issue.minimum} or more in length.` }
        : {
            code: "NUMBER_TYPE_MIN",
            message: `int value should be greater than or equal to ${issue.minimum}.`,
          };
    case "invalid_type":
      return issue.input === undefined
        ? { code: "BASE_TYPE_REQUIRED", message: "This field is required" }
        : wrongType(issue.expected, issue.input);
    case "invalid_value":
      return {
        code: "BASE_TYPE_CHOICES",
        message: `Value must be one of {${issue.values.map((value) => String(value)).join(", ")}}.`,
      };
    case "invalid_union":
      return issue.input === undefined
        ? { code: "BASE_TYPE_REQUIRED", message: "This field is required" }
        : {
            code: "UNION_TYPE_CHOICES",
            message: `Value of field "${String(issue.path.at(-1))}" has the wrong type.`,
          };
    case "custom":
      return { code: String(issue.params?.discord ?? "BASE_TYPE_BAD_VALUE"), message: issue.message };
    default:
      return { code: "BASE_TYPE_BAD_VALUE", message: issue.message };
  }
}

function wrongType(expected: string, input: unknown): FormError {
  const shown = JSON.stringify(input);
  switch (expected) {
    case "string":
      return { code: "STRING_TYPE_CONVERT", message: `Could not interpret "${shown}" as string.` };
    case "int":
    case "number":
      return { code: "NUMBER_TYPE_COERCE", message: `Value "${shown}" is not int.` };
    case "boolean":
      return { code: "BOOLEAN_TYPE_PARSE", message: "Must be either true or false." };
    case "array":
      return { code: "LIST_TYPE_CONVERT", message: "Only iterables may be used in a ListType" };
    default:
      return { code: "MODEL_TYPE_CONVERT", message: "Only dictionaries may be used in a ModelType" };
  }
}

/** Text of at most so many characters; Discord counts code points. */
export function text(max: number, min = 0) {
  return z.string().superRefine((value, context) => {
    const length = [...value].length;
    if (length > max) {
      context.addIssue({
        code: "custom",
        message: `Must be ${max} or fewer in length.`,
        params: { discord: "BASE_TYPE_MAX_LENGTH" },
      });
    } else if (length < min) {
      const isMissing = length === 0;
      context.addIssue({
        code: "custom",
        message: isMissing ? "This field is required" : `Must be between ${min} and ${max} in length.`,
        params: { discord: isMissing ? "BASE_TYPE_REQUIRED" : "BASE_TYPE_BAD_LENGTH" },
      });
    }
  });
}

/** A whole number in a query. */
export function wholeNumber(min: number, max: number) {
  return z.coerce.number().pipe(z.int().min(min).max(max));
}

/** `true` and `false` in a query, in the spellings that Discord takes. */
export const flag = z
  .union([z.boolean(), z.string()])
  .transform((value) => value === true || value === "true" || value === "True" || value === "1");
