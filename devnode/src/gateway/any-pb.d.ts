declare module 'google-protobuf/google/protobuf/any_pb.js' {
  /** The part of google.protobuf.Any that error details need. */
  export class Any {
    setTypeUrl(url: string): void;
    setValue(value: Uint8Array): void;
  }
  const namespace: { readonly Any: typeof Any };
  export default namespace;
}
