/** Why something can be reported: com.atproto.moderation.defs#reasonType, the names of then and those of now. */
const EARLIER = 'Spam Violation Misleading Sexual Rude Other Appeal'
const NOW = [
  'Appeal Other',
  'ViolenceAnimal ViolenceThreats ViolenceGraphicContent ViolenceGlorification ViolenceExtremistContent',
  'ViolenceTrafficking ViolenceOther',
  'SexualAbuseContent SexualNCII SexualDeepfake SexualAnimal SexualUnlabeled SexualOther',
  'ChildSafetyCSAM ChildSafetyGroom ChildSafetyPrivacy ChildSafetyHarassment ChildSafetyOther',
  'HarassmentTroll HarassmentTargeted HarassmentHateSpeech HarassmentDoxxing HarassmentOther',
  'MisleadingBot MisleadingImpersonation MisleadingSpam MisleadingScam MisleadingElections MisleadingOther',
  'RuleSiteSecurity RuleProhibitedSales RuleBanEvasion RuleOther',
  'SelfHarmContent SelfHarmED SelfHarmStunts SelfHarmSubstances SelfHarmOther',
].join(' ')

const REASONS = new Set([
  ...EARLIER.split(' ').map((name) => `com.atproto.moderation.defs#reason${name}`),
  ...NOW.split(' ').map((name) => `tools.ozone.report.defs#reason${name}`),
])

export function isReason(reasonType: string): boolean {
  return REASONS.has(reasonType)
}

/** What an account that is taken down may still say. */
export function isAppeal(reasonType: string): boolean {
  return isReason(reasonType) && reasonType.endsWith('#reasonAppeal')
}
