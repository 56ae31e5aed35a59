// What the highlighter has to know of a language, looked up by the name of a fence or by a file's extension. Called by highlight and the tool cards.

export interface Language {
  /** `code`: comments, strings, words, numbers. The others have their own shape. */
  shape: "code" | "markup" | "data" | "diff";
  lineComments: readonly string[];
  blockComment?: readonly [string, string];
  /** Opening (and closing) marks; longer ones first. */
  strings: readonly string[];
  /** Strings of these may hold line ends. */
  longStrings: readonly string[];
  keywords: ReadonlySet<string>;
  isCaseInsensitive?: boolean;
  /** `$name` is a variable. */
  hasDollarNames?: boolean;
}

const fences = {
  slashes: { lineComments: ["//"], blockComment: ["/*", "*/"] as const },
  hash: { lineComments: ["#"] },
};

/** `undefined` for a language that is not known: its code stays plain. */
export function languageNamed(name: string): Language | undefined {
  switch (name.toLowerCase()) {
    case "ts":
    case "tsx":
    case "typescript":
    case "mts":
    case "cts":
    case "js":
    case "jsx":
    case "javascript":
    case "mjs":
    case "cjs":
      return code(
        "abstract as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace new null of override private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while yield",
        { ...fences.slashes, strings: ['"', "'", "`"], longStrings: ["`"] },
      );
    case "py":
    case "python":
    case "pyi":
      return code(
        "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield",
        { ...fences.hash, strings: ['"""', "'''", '"', "'"], longStrings: ['"""', "'''"] },
      );
    case "go":
      return code(
        "any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int int64 interface iota len make map nil package range return rune select string struct switch true type uint var",
        { ...fences.slashes, strings: ['"', "`", "'"], longStrings: ["`"] },
      );
    case "rs":
    case "rust":
      // No single quotes: they are lifetimes as often as characters.
      return code(
        "as async await bool break const continue crate dyn else enum extern false fn for i32 i64 if impl in let loop match mod move mut pub ref return self Self static str struct super trait true type u8 u32 u64 unsafe use usize where while",
        { ...fences.slashes, strings: ['"'], longStrings: ['"'] },
      );
    case "c":
    case "h":
    case "cc":
    case "cpp":
    case "cxx":
    case "hpp":
    case "c++":
      return code(
        "alignas auto bool break case catch char class const constexpr continue default delete do double else enum explicit extern false float for friend if inline int long namespace new noexcept nullptr operator override private protected public register return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while #include #define #if #ifdef #ifndef #else #endif #pragma",
        { ...fences.slashes, strings: ['"', "'"], longStrings: [] },
      );
    case "java":
    case "kt":
    case "kotlin":
    case "scala":
    case "cs":
    case "csharp":
    case "swift":
    case "dart":
    case "groovy":
      return code(
        "abstract as async await base boolean break byte case catch char class companion const continue data def default do double else enum extends extension false final finally float for foreach fun func guard if implements import in init inner int interface internal is it lateinit lazy let long match namespace native new nil null object open operator out override package private protected public readonly record return sealed self short static string struct super switch synchronized this throw throws trait true try typealias using val var virtual void volatile when where while with yield",
        { ...fences.slashes, strings: ['"""', '"', "'"], longStrings: ['"""'] },
      );
    case "php":
      return code(
        "abstract and array as break case catch class clone const continue declare default do echo else elseif empty enum extends false final finally fn for foreach function global if implements include instanceof interface isset match namespace new null or print private protected public readonly require require_once return self static switch this throw trait true try unset use var while yield",
        { lineComments: ["//", "#"], blockComment: ["/*", "*/"], strings: ['"', "'"], longStrings: ['"', "'"], hasDollarNames: true },
      );
    case "rb":
    case "ruby":
      return code(
        "alias and begin break case class def defined? do else elsif end ensure extend false for if in include module next nil not or private protected public raise redo require require_relative rescue retry return self super then true undef unless until when while yield",
        { ...fences.hash, strings: ['"', "'"], longStrings: ['"', "'"] },
      );
    case "lua":
      return code("and break do else elseif end false for function goto if in local nil not or repeat return then true until while", {
        lineComments: ["--"],
        blockComment: ["--[[", "]]"],
        strings: ['"', "'"],
        longStrings: [],
      });
    case "hs":
    case "haskell":
    case "elm":
      return code(
        "as case class data deriving do else forall if import in infix infixl infixr instance let module newtype of qualified then type where",
        { lineComments: ["--"], blockComment: ["{-", "-}"], strings: ['"'], longStrings: [] },
      );
    case "ex":
    case "exs":
    case "elixir":
      return code(
        "after and case catch cond def defmacro defmodule defp defstruct do else end false fn for if import in nil not or quote raise receive require rescue true try unless unquote use when with",
        { ...fences.hash, strings: ['"""', '"', "'"], longStrings: ['"""', '"'] },
      );
    case "pl":
    case "pm":
    case "perl":
      return code(
        "and cmp die do else elsif eq foreach for if last local my ne next no not or our package print redo require return say sub undef unless until use while",
        { ...fences.hash, strings: ['"', "'"], longStrings: ['"', "'"], hasDollarNames: true },
      );
    case "ps1":
    case "powershell":
      return code(
        "begin break catch class continue do else elseif end enum exit filter finally for foreach function if in param process return switch throw trap try until using while",
        {
          lineComments: ["#"],
          blockComment: ["<#", "#>"],
          strings: ['"', "'"],
          longStrings: ['"', "'"],
          isCaseInsensitive: true,
          hasDollarNames: true,
        },
      );
    case "zig":
      return code(
        "and anytype break catch comptime const continue defer else enum errdefer error export extern false fn for if inline null or orelse pub return struct switch test true try undefined union unreachable usize var void while",
        { lineComments: ["//"], strings: ['"', "'"], longStrings: [] },
      );
    case "sh":
    case "bash":
    case "shell":
    case "zsh":
    case "fish":
    case "console":
    case "dockerfile":
    case "makefile":
    case "mk":
      return code(
        "alias break case cd continue do done echo elif else esac eval exec exit export false fi for function if in local printf read return select set shift source test then trap true unset until while FROM RUN CMD COPY ADD ENV ARG WORKDIR ENTRYPOINT EXPOSE USER VOLUME",
        { ...fences.hash, strings: ['"', "'"], longStrings: ['"', "'"], hasDollarNames: true },
      );
    case "sql":
    case "sqlite":
    case "postgres":
    case "mysql":
      return code(
        "add all alter and as asc begin between by case check column commit constraint create cross database default delete desc distinct drop else end exists foreign from full function group having if in index inner insert integer into is join key left like limit not null offset on or order outer primary references returning right rollback select set table text then transaction trigger union unique update using values varchar view when where with",
        { lineComments: ["--"], blockComment: ["/*", "*/"], strings: ["'", '"'], longStrings: ["'"], isCaseInsensitive: true },
      );
    case "css":
    case "scss":
    case "less":
      return code("@import @media @supports @keyframes @font-face @layer @use @include @mixin @container !important from to var calc", {
        lineComments: [],
        blockComment: ["/*", "*/"],
        strings: ['"', "'"],
        longStrings: [],
      });
    case "json":
    case "jsonc":
    case "json5":
    case "jsonl":
    case "ndjson":
      return data("true false null", { lineComments: ["//"], strings: ['"'] });
    case "yaml":
    case "yml":
    case "toml":
    case "ini":
    case "conf":
    case "properties":
    case "env":
      return data("true false null yes no on off", { lineComments: ["#"], strings: ['"', "'"] });
    case "html":
    case "htm":
    case "xml":
    case "svg":
    case "vue":
    case "svelte":
      return { shape: "markup", lineComments: [], strings: ['"', "'"], longStrings: [], keywords: new Set() };
    case "diff":
    case "patch":
      return { shape: "diff", lineComments: [], strings: [], longStrings: [], keywords: new Set() };
    default:
      return undefined;
  }
}

/** What a fence would call the language of a file; empty for a file without extension. */
export function languageOfPath(path: string): string {
  const name = path.split(/[/\\]/).at(-1)?.toLowerCase() ?? "";
  if (name === "dockerfile" || name === "makefile") return name;
  return /\.([a-z0-9+]{1,10})$/.exec(name)?.[1] ?? "";
}

function code(keywords: string, rest: Omit<Language, "shape" | "keywords">): Language {
  return { shape: "code", keywords: new Set(keywords.split(" ")), ...rest };
}

function data(keywords: string, rest: Pick<Language, "lineComments" | "strings">): Language {
  return { shape: "data", keywords: new Set(keywords.split(" ")), longStrings: [], ...rest };
}
