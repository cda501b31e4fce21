import ts from 'typescript';

/** A small change of one place in a source file that some test should notice. */
export interface Mutant {
  /** What kind of change it is. */
  readonly operator: string;
  /** Where, in characters from the file's beginning; `end` is behind the last one. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** From 1. */
  readonly line: number;
  /** What stands there. */
  readonly original: string;
}

type Change = readonly [operator: string, node: ts.Node, replacement: string];

const SWAPPED = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
]);

const SWAPPED_METHODS = new Map([
  ['min', 'max'],
  ['max', 'min'],
  ['some', 'every'],
  ['every', 'some'],
  ['unshift', 'push'],
  ['push', 'unshift'],
]);

/** Every mutant of a source file, in the order of their places. */
export function mutantsOf(fileName: string, text: string): Mutant[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isWithoutEffect(node)) return;
    for (const [operator, at, replacement] of changesOf(node, source)) {
      const start = at.getStart(source);
      const { line } = source.getLineAndCharacterOfPosition(start);
      mutants.push({ operator, start, end: at.end, replacement, line: line + 1, original: at.getText(source) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Types, imports, and texts for people: nobody tests how an error is worded. */
function isWithoutEffect(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Error';
}

function* changesOf(node: ts.Node, source: ts.SourceFile): Generator<Change> {
  const text = (part: ts.Node): string => part.getText(source);
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
    yield ['negate a condition', node.expression, `!(${text(node.expression)})`];
  } else if (ts.isConditionalExpression(node)) {
    yield ['negate a condition', node.condition, `!(${text(node.condition)})`];
  } else if (ts.isBinaryExpression(node)) {
    yield* binaryChanges(node, text);
  } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    yield ['drop a negation', node, text(node.operand)];
  } else if (ts.isExpressionStatement(node)) {
    yield ['drop a statement', node, ';'];
  } else if (ts.isThrowStatement(node) || ts.isBreakOrContinueStatement(node)) {
    yield ['drop a statement', node, ';'];
  } else if (ts.isReturnStatement(node)) {
    yield* returnChanges(node);
  } else if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) {
    yield* accessChanges(node, text);
  } else {
    yield* literalChanges(node, text);
  }
}

function* binaryChanges(node: ts.BinaryExpression, text: (part: ts.Node) => string): Generator<Change> {
  const { left, right, operatorToken } = node;
  if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
    yield ['drop a fallback', node, text(left)];
    yield ['take the fallback', node, text(right)];
  }
  // What is joined to a text can't be subtracted from it.
  if (operatorToken.kind === ts.SyntaxKind.PlusToken && [left, right].some(isText)) return;
  const swapped = SWAPPED.get(operatorToken.kind);
  if (swapped !== undefined) yield ['swap an operator', operatorToken, swapped];
}

function* returnChanges(node: ts.ReturnStatement): Generator<Change> {
  if (node.expression === undefined) yield ['drop a return', node, ';'];
  else if (!isLiteral(node.expression)) yield ['return nothing', node.expression, 'undefined'];
}

function* accessChanges(
  node: ts.PropertyAccessExpression | ts.CallExpression,
  text: (part: ts.Node) => string,
): Generator<Change> {
  if (node.questionDotToken !== undefined) {
    const dot = ts.isPropertyAccessExpression(node) ? '.' : '';
    yield ['drop an optional chaining', node.questionDotToken, dot];
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
  const swapped = SWAPPED_METHODS.get(text(node.expression.name));
  if (swapped !== undefined) yield ['swap a method', node.expression.name, swapped];
}

function* literalChanges(node: ts.Node, text: (part: ts.Node) => string): Generator<Change> {
  if (node.kind === ts.SyntaxKind.TrueKeyword) yield ['change a literal', node, 'false'];
  if (node.kind === ts.SyntaxKind.FalseKeyword) yield ['change a literal', node, 'true'];
  if (ts.isNumericLiteral(node)) {
    yield ['change a literal', node, String(Number(text(node).replaceAll('_', '')) + 1)];
  }
  if (ts.isStringLiteral(node) && isWord(node)) yield ['change a literal', node, node.text === '' ? "'?'" : "''"];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) yield ['empty an array', node, '[]'];
  if (ts.isObjectLiteralExpression(node) && node.properties.length > 0) yield ['empty an object', node, '({})'];
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

function isLiteral(node: ts.Node): boolean {
  const { kind } = node;
  if (kind === ts.SyntaxKind.TrueKeyword || kind === ts.SyntaxKind.FalseKeyword) return true;
  return ts.isNumericLiteral(node) || isText(node) || (ts.isIdentifier(node) && node.text === 'undefined');
}

/** A string that programs read: no text for people, and no name of a property. */
function isWord(node: ts.StringLiteral): boolean {
  return !/\s/.test(node.text) && !(ts.isPropertyAssignment(node.parent) && node.parent.name === node);
}
