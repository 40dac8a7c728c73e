import { describeAgreement } from './agreement.ts';

describeAgreement('2.5');
