import type { DescField, DescFile, DescMessage, FileRegistry } from '@bufbuild/protobuf';
import { createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/**
 * What server reflection is asked about, over one descriptor image: a `FileDescriptorSet` that holds its own imports.
 * Names are fully qualified, without a leading dot.
 */
export class ReflectionIndex {
  /** The names of all services in the image, sorted. */
  readonly services: readonly string[];
  readonly #registry: FileRegistry;
  readonly #fileOfSymbol = new Map<string, DescFile>();
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #encoded = new Map<string, Buffer>();

  constructor(image: Uint8Array) {
    this.#registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
    const services: string[] = [];
    for (const file of this.#registry.files) {
      for (const symbol of symbolsOf(file)) this.#fileOfSymbol.set(symbol, file);
      for (const type of nestedTypes(file)) {
        if (type.kind === 'service') services.push(type.typeName);
        if (type.kind === 'extension') this.#addExtension(type.extendee.typeName, type.number, file);
      }
    }
    this.services = services.sort();
  }

  /** The file of this name, such as `parley/v1/message.proto`. */
  fileNamed(name: string): DescFile | undefined {
    return this.#registry.getFile(name);
  }

  /** The file that declares a service, method, message, field, oneof, enum, enum value or extension. */
  fileOfSymbol(symbol: string): DescFile | undefined {
    return this.#fileOfSymbol.get(symbol);
  }

  /** The file that declares the extension of a message with this field number. */
  fileOfExtension(containingType: string, fieldNumber: number): DescFile | undefined {
    return this.#extensions.get(containingType)?.get(fieldNumber);
  }

  /** The field numbers of all extensions of a message, ascending; undefined if there is no such message. */
  extensionNumbers(containingType: string): number[] | undefined {
    if (this.#registry.getMessage(containingType) === undefined) return undefined;
    return [...(this.#extensions.get(containingType)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /**
   * The encoded file, first, and whatever it imports, directly or not, that is not in `sent` yet. All of them are
   * added to `sent`. buf curl can do nothing with a file whose imports it wasn't given; grpcurl asks for them one by
   * one, and is glad not to.
   */
  encodedWithImports(root: DescFile, sent: Set<string>): Buffer[] {
    const encoded = [this.#encode(root)];
    sent.add(root.name);
    const queue = [...root.dependencies];
    for (const file of queue) {
      if (sent.has(file.name)) continue;
      sent.add(file.name);
      encoded.push(this.#encode(file));
      queue.push(...file.dependencies);
    }
    return encoded;
  }

  #encode(file: DescFile): Buffer {
    const known = this.#encoded.get(file.name);
    if (known !== undefined) return known;
    const encoded = Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto));
    this.#encoded.set(file.name, encoded);
    return encoded;
  }

  #addExtension(containingType: string, fieldNumber: number, file: DescFile): void {
    const numbers = this.#extensions.get(containingType) ?? new Map<number, DescFile>();
    this.#extensions.set(containingType, numbers.set(fieldNumber, file));
  }
}

function* symbolsOf(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    if (type.kind === 'service') for (const method of type.methods) yield `${type.typeName}.${method.name}`;
    if (type.kind === 'message') for (const member of membersOf(type)) yield `${type.typeName}.${member.name}`;
    // Values are siblings of their enum, as in C++, not its children.
    if (type.kind === 'enum') {
      const scope = type.typeName.slice(0, type.typeName.length - type.name.length);
      for (const value of type.values) yield `${scope}${value.name}`;
    }
  }
}

function membersOf(message: DescMessage): readonly (DescField | DescMessage['oneofs'][number])[] {
  return [...message.fields, ...message.oneofs];
}
