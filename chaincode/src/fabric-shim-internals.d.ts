// fabric-shim publishes no types for the class that turns contracts into a chaincode; its own command line uses it.
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract' {
  import type { Contract } from 'fabric-contract-api';
  import type { ChaincodeInterface } from 'fabric-shim';

  interface Serializers {
    readonly transaction: string;
    readonly serializers: Readonly<Record<string, unknown>>;
  }

  interface ChaincodeFromContract extends ChaincodeInterface {
    readonly metadata: {
      readonly contracts: Readonly<
        Record<
          string,
          {
            readonly transactions: readonly {
              readonly name: string;
              readonly tag: readonly string[];
              readonly parameters: readonly { readonly schema: { readonly type: string } }[];
            }[];
          }
        >
      >;
    };
  }

  const ChaincodeFromContract: new (
    contracts: (new () => Contract)[],
    serializers: Serializers,
    metadata: object,
    title: string,
    version: string,
  ) => ChaincodeFromContract;
  export = ChaincodeFromContract;
}
