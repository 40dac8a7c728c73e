import { describeAgreement } from './agreement.ts';

describeAgreement('3.x');
