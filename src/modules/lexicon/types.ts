/**
 * Written by scripts/lexicons.mjs from the lexicons of @atproto/api; edit there.
 *
 * Everything is typed in its JSON form: a link is {"$link"}, bytes are {"$bytes"}, times and identifiers are
 * strings. Open unions list the members that the lexicons name, so that `$type` discriminates; data from
 * outside may hold others, so a switch over one has a default. Params and top-level inputs have their
 * defaults filled in.
 */
import type { Readable } from 'node:stream'

/** A member of a union: the type with its `$type` there. */
export type Typed<T extends { $type?: string }> = T & { $type: NonNullable<T['$type']> }
/** A body that is not JSON. */
export type Binary = Readable | Uint8Array
/** An object without properties: the params of a method that has none, an empty input or output. */
export type Empty = Record<string, never>

export interface LexLink {
  $link: string
}

/** Base64 without padding. */
export interface LexBytes {
  $bytes: string
}

export interface LexBlob {
  $type: 'blob'
  ref: LexLink
  mimeType: string
  size: number
}

/** Record types by collection. */
export interface RecordTypes {
  'app.bsky.actor.contentVisibilityDeclaration': AppBskyActorContentVisibilityDeclaration
  'app.bsky.actor.profile': AppBskyActorProfile
  'app.bsky.actor.status': AppBskyActorStatus
  'app.bsky.feed.generator': AppBskyFeedGenerator
  'app.bsky.feed.like': AppBskyFeedLike
  'app.bsky.feed.post': AppBskyFeedPost
  'app.bsky.feed.postgate': AppBskyFeedPostgate
  'app.bsky.feed.repost': AppBskyFeedRepost
  'app.bsky.feed.threadgate': AppBskyFeedThreadgate
  'app.bsky.graph.block': AppBskyGraphBlock
  'app.bsky.graph.follow': AppBskyGraphFollow
  'app.bsky.graph.list': AppBskyGraphList
  'app.bsky.graph.listblock': AppBskyGraphListblock
  'app.bsky.graph.listitem': AppBskyGraphListitem
  'app.bsky.graph.referencelistoptout': AppBskyGraphReferencelistoptout
  'app.bsky.graph.starterpack': AppBskyGraphStarterpack
  'app.bsky.graph.verification': AppBskyGraphVerification
  'app.bsky.labeler.service': AppBskyLabelerService
  'app.bsky.notification.declaration': AppBskyNotificationDeclaration
  'chat.bsky.actor.declaration': ChatBskyActorDeclaration
  'com.atproto.lexicon.schema': ComAtprotoLexiconSchema
  'com.germnetwork.declaration': ComGermnetworkDeclaration
}

/** Methods by NSID. */
export interface XrpcMethods {
  'app.bsky.actor.getPreferences': {
    params: AppBskyActorGetPreferencesParams
    input: undefined
    output: AppBskyActorGetPreferencesOutput
  }
  'app.bsky.actor.getProfile': {
    params: AppBskyActorGetProfileParams
    input: undefined
    output: AppBskyActorGetProfileOutput
  }
  'app.bsky.actor.getProfiles': {
    params: AppBskyActorGetProfilesParams
    input: undefined
    output: AppBskyActorGetProfilesOutput
  }
  'app.bsky.actor.getSuggestions': {
    params: AppBskyActorGetSuggestionsParams
    input: undefined
    output: AppBskyActorGetSuggestionsOutput
  }
  'app.bsky.actor.putPreferences': { params: Empty; input: AppBskyActorPutPreferencesInput; output: void }
  'app.bsky.actor.searchActors': {
    params: AppBskyActorSearchActorsParams
    input: undefined
    output: AppBskyActorSearchActorsOutput
  }
  'app.bsky.actor.searchActorsTypeahead': {
    params: AppBskyActorSearchActorsTypeaheadParams
    input: undefined
    output: AppBskyActorSearchActorsTypeaheadOutput
  }
  'app.bsky.ageassurance.begin': {
    params: Empty
    input: AppBskyAgeassuranceBeginInput
    output: AppBskyAgeassuranceBeginOutput
  }
  'app.bsky.ageassurance.getConfig': { params: Empty; input: undefined; output: AppBskyAgeassuranceGetConfigOutput }
  'app.bsky.ageassurance.getState': {
    params: AppBskyAgeassuranceGetStateParams
    input: undefined
    output: AppBskyAgeassuranceGetStateOutput
  }
  'app.bsky.bookmark.createBookmark': { params: Empty; input: AppBskyBookmarkCreateBookmarkInput; output: void }
  'app.bsky.bookmark.deleteBookmark': { params: Empty; input: AppBskyBookmarkDeleteBookmarkInput; output: void }
  'app.bsky.bookmark.getBookmarks': {
    params: AppBskyBookmarkGetBookmarksParams
    input: undefined
    output: AppBskyBookmarkGetBookmarksOutput
  }
  'app.bsky.contact.dismissMatch': {
    params: Empty
    input: AppBskyContactDismissMatchInput
    output: AppBskyContactDismissMatchOutput
  }
  'app.bsky.contact.getMatches': {
    params: AppBskyContactGetMatchesParams
    input: undefined
    output: AppBskyContactGetMatchesOutput
  }
  'app.bsky.contact.getSyncStatus': {
    params: AppBskyContactGetSyncStatusParams
    input: undefined
    output: AppBskyContactGetSyncStatusOutput
  }
  'app.bsky.contact.importContacts': {
    params: Empty
    input: AppBskyContactImportContactsInput
    output: AppBskyContactImportContactsOutput
  }
  'app.bsky.contact.removeData': {
    params: Empty
    input: AppBskyContactRemoveDataInput
    output: AppBskyContactRemoveDataOutput
  }
  'app.bsky.contact.sendNotification': {
    params: Empty
    input: AppBskyContactSendNotificationInput
    output: AppBskyContactSendNotificationOutput
  }
  'app.bsky.contact.startPhoneVerification': {
    params: Empty
    input: AppBskyContactStartPhoneVerificationInput
    output: AppBskyContactStartPhoneVerificationOutput
  }
  'app.bsky.contact.verifyPhone': {
    params: Empty
    input: AppBskyContactVerifyPhoneInput
    output: AppBskyContactVerifyPhoneOutput
  }
  'app.bsky.draft.createDraft': {
    params: Empty
    input: AppBskyDraftCreateDraftInput
    output: AppBskyDraftCreateDraftOutput
  }
  'app.bsky.draft.deleteDraft': { params: Empty; input: AppBskyDraftDeleteDraftInput; output: void }
  'app.bsky.draft.getDrafts': {
    params: AppBskyDraftGetDraftsParams
    input: undefined
    output: AppBskyDraftGetDraftsOutput
  }
  'app.bsky.draft.updateDraft': { params: Empty; input: AppBskyDraftUpdateDraftInput; output: void }
  'app.bsky.embed.getEmbedExternalView': {
    params: AppBskyEmbedGetEmbedExternalViewParams
    input: undefined
    output: AppBskyEmbedGetEmbedExternalViewOutput
  }
  'app.bsky.feed.describeFeedGenerator': {
    params: Empty
    input: undefined
    output: AppBskyFeedDescribeFeedGeneratorOutput
  }
  'app.bsky.feed.getActorFeeds': {
    params: AppBskyFeedGetActorFeedsParams
    input: undefined
    output: AppBskyFeedGetActorFeedsOutput
  }
  'app.bsky.feed.getActorLikes': {
    params: AppBskyFeedGetActorLikesParams
    input: undefined
    output: AppBskyFeedGetActorLikesOutput
  }
  'app.bsky.feed.getAuthorFeed': {
    params: AppBskyFeedGetAuthorFeedParams
    input: undefined
    output: AppBskyFeedGetAuthorFeedOutput
  }
  'app.bsky.feed.getFeed': { params: AppBskyFeedGetFeedParams; input: undefined; output: AppBskyFeedGetFeedOutput }
  'app.bsky.feed.getFeedGenerator': {
    params: AppBskyFeedGetFeedGeneratorParams
    input: undefined
    output: AppBskyFeedGetFeedGeneratorOutput
  }
  'app.bsky.feed.getFeedGenerators': {
    params: AppBskyFeedGetFeedGeneratorsParams
    input: undefined
    output: AppBskyFeedGetFeedGeneratorsOutput
  }
  'app.bsky.feed.getFeedSkeleton': {
    params: AppBskyFeedGetFeedSkeletonParams
    input: undefined
    output: AppBskyFeedGetFeedSkeletonOutput
  }
  'app.bsky.feed.getLikes': { params: AppBskyFeedGetLikesParams; input: undefined; output: AppBskyFeedGetLikesOutput }
  'app.bsky.feed.getListFeed': {
    params: AppBskyFeedGetListFeedParams
    input: undefined
    output: AppBskyFeedGetListFeedOutput
  }
  'app.bsky.feed.getPostThread': {
    params: AppBskyFeedGetPostThreadParams
    input: undefined
    output: AppBskyFeedGetPostThreadOutput
  }
  'app.bsky.feed.getPosts': { params: AppBskyFeedGetPostsParams; input: undefined; output: AppBskyFeedGetPostsOutput }
  'app.bsky.feed.getQuotes': {
    params: AppBskyFeedGetQuotesParams
    input: undefined
    output: AppBskyFeedGetQuotesOutput
  }
  'app.bsky.feed.getRepostedBy': {
    params: AppBskyFeedGetRepostedByParams
    input: undefined
    output: AppBskyFeedGetRepostedByOutput
  }
  'app.bsky.feed.getSuggestedFeeds': {
    params: AppBskyFeedGetSuggestedFeedsParams
    input: undefined
    output: AppBskyFeedGetSuggestedFeedsOutput
  }
  'app.bsky.feed.getTimeline': {
    params: AppBskyFeedGetTimelineParams
    input: undefined
    output: AppBskyFeedGetTimelineOutput
  }
  'app.bsky.feed.searchPosts': {
    params: AppBskyFeedSearchPostsParams
    input: undefined
    output: AppBskyFeedSearchPostsOutput
  }
  'app.bsky.feed.searchPostsV2': {
    params: AppBskyFeedSearchPostsV2Params
    input: undefined
    output: AppBskyFeedSearchPostsV2Output
  }
  'app.bsky.feed.sendInteractions': {
    params: Empty
    input: AppBskyFeedSendInteractionsInput
    output: AppBskyFeedSendInteractionsOutput
  }
  'app.bsky.graph.getActorStarterPacks': {
    params: AppBskyGraphGetActorStarterPacksParams
    input: undefined
    output: AppBskyGraphGetActorStarterPacksOutput
  }
  'app.bsky.graph.getBlocks': {
    params: AppBskyGraphGetBlocksParams
    input: undefined
    output: AppBskyGraphGetBlocksOutput
  }
  'app.bsky.graph.getFollowers': {
    params: AppBskyGraphGetFollowersParams
    input: undefined
    output: AppBskyGraphGetFollowersOutput
  }
  'app.bsky.graph.getFollows': {
    params: AppBskyGraphGetFollowsParams
    input: undefined
    output: AppBskyGraphGetFollowsOutput
  }
  'app.bsky.graph.getKnownFollowers': {
    params: AppBskyGraphGetKnownFollowersParams
    input: undefined
    output: AppBskyGraphGetKnownFollowersOutput
  }
  'app.bsky.graph.getList': { params: AppBskyGraphGetListParams; input: undefined; output: AppBskyGraphGetListOutput }
  'app.bsky.graph.getListBlocks': {
    params: AppBskyGraphGetListBlocksParams
    input: undefined
    output: AppBskyGraphGetListBlocksOutput
  }
  'app.bsky.graph.getListMutes': {
    params: AppBskyGraphGetListMutesParams
    input: undefined
    output: AppBskyGraphGetListMutesOutput
  }
  'app.bsky.graph.getLists': {
    params: AppBskyGraphGetListsParams
    input: undefined
    output: AppBskyGraphGetListsOutput
  }
  'app.bsky.graph.getListsWithMembership': {
    params: AppBskyGraphGetListsWithMembershipParams
    input: undefined
    output: AppBskyGraphGetListsWithMembershipOutput
  }
  'app.bsky.graph.getMutes': {
    params: AppBskyGraphGetMutesParams
    input: undefined
    output: AppBskyGraphGetMutesOutput
  }
  'app.bsky.graph.getRelationships': {
    params: AppBskyGraphGetRelationshipsParams
    input: undefined
    output: AppBskyGraphGetRelationshipsOutput
  }
  'app.bsky.graph.getStarterPack': {
    params: AppBskyGraphGetStarterPackParams
    input: undefined
    output: AppBskyGraphGetStarterPackOutput
  }
  'app.bsky.graph.getStarterPacks': {
    params: AppBskyGraphGetStarterPacksParams
    input: undefined
    output: AppBskyGraphGetStarterPacksOutput
  }
  'app.bsky.graph.getStarterPacksWithMembership': {
    params: AppBskyGraphGetStarterPacksWithMembershipParams
    input: undefined
    output: AppBskyGraphGetStarterPacksWithMembershipOutput
  }
  'app.bsky.graph.getSuggestedFollowsByActor': {
    params: AppBskyGraphGetSuggestedFollowsByActorParams
    input: undefined
    output: AppBskyGraphGetSuggestedFollowsByActorOutput
  }
  'app.bsky.graph.muteActor': { params: Empty; input: AppBskyGraphMuteActorInput; output: void }
  'app.bsky.graph.muteActorList': { params: Empty; input: AppBskyGraphMuteActorListInput; output: void }
  'app.bsky.graph.muteThread': { params: Empty; input: AppBskyGraphMuteThreadInput; output: void }
  'app.bsky.graph.searchStarterPacks': {
    params: AppBskyGraphSearchStarterPacksParams
    input: undefined
    output: AppBskyGraphSearchStarterPacksOutput
  }
  'app.bsky.graph.searchStarterPacksV2': {
    params: AppBskyGraphSearchStarterPacksV2Params
    input: undefined
    output: AppBskyGraphSearchStarterPacksV2Output
  }
  'app.bsky.graph.unmuteActor': { params: Empty; input: AppBskyGraphUnmuteActorInput; output: void }
  'app.bsky.graph.unmuteActorList': { params: Empty; input: AppBskyGraphUnmuteActorListInput; output: void }
  'app.bsky.graph.unmuteThread': { params: Empty; input: AppBskyGraphUnmuteThreadInput; output: void }
  'app.bsky.labeler.getServices': {
    params: AppBskyLabelerGetServicesParams
    input: undefined
    output: AppBskyLabelerGetServicesOutput
  }
  'app.bsky.notification.getPreferences': {
    params: AppBskyNotificationGetPreferencesParams
    input: undefined
    output: AppBskyNotificationGetPreferencesOutput
  }
  'app.bsky.notification.getUnreadCount': {
    params: AppBskyNotificationGetUnreadCountParams
    input: undefined
    output: AppBskyNotificationGetUnreadCountOutput
  }
  'app.bsky.notification.listActivitySubscriptions': {
    params: AppBskyNotificationListActivitySubscriptionsParams
    input: undefined
    output: AppBskyNotificationListActivitySubscriptionsOutput
  }
  'app.bsky.notification.listNotifications': {
    params: AppBskyNotificationListNotificationsParams
    input: undefined
    output: AppBskyNotificationListNotificationsOutput
  }
  'app.bsky.notification.putActivitySubscription': {
    params: Empty
    input: AppBskyNotificationPutActivitySubscriptionInput
    output: AppBskyNotificationPutActivitySubscriptionOutput
  }
  'app.bsky.notification.putPreferences': { params: Empty; input: AppBskyNotificationPutPreferencesInput; output: void }
  'app.bsky.notification.putPreferencesV2': {
    params: Empty
    input: AppBskyNotificationPutPreferencesV2Input
    output: AppBskyNotificationPutPreferencesV2Output
  }
  'app.bsky.notification.registerPush': { params: Empty; input: AppBskyNotificationRegisterPushInput; output: void }
  'app.bsky.notification.unregisterPush': { params: Empty; input: AppBskyNotificationUnregisterPushInput; output: void }
  'app.bsky.notification.updateSeen': { params: Empty; input: AppBskyNotificationUpdateSeenInput; output: void }
  'app.bsky.unspecced.getAgeAssuranceState': {
    params: Empty
    input: undefined
    output: AppBskyUnspeccedGetAgeAssuranceStateOutput
  }
  'app.bsky.unspecced.getConfig': { params: Empty; input: undefined; output: AppBskyUnspeccedGetConfigOutput }
  'app.bsky.unspecced.getOnboardingSuggestedStarterPacks': {
    params: AppBskyUnspeccedGetOnboardingSuggestedStarterPacksParams
    input: undefined
    output: AppBskyUnspeccedGetOnboardingSuggestedStarterPacksOutput
  }
  'app.bsky.unspecced.getOnboardingSuggestedStarterPacksSkeleton': {
    params: AppBskyUnspeccedGetOnboardingSuggestedStarterPacksSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetOnboardingSuggestedStarterPacksSkeletonOutput
  }
  'app.bsky.unspecced.getOnboardingSuggestedUsersSkeleton': {
    params: AppBskyUnspeccedGetOnboardingSuggestedUsersSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetOnboardingSuggestedUsersSkeletonOutput
  }
  'app.bsky.unspecced.getPopularFeedGenerators': {
    params: AppBskyUnspeccedGetPopularFeedGeneratorsParams
    input: undefined
    output: AppBskyUnspeccedGetPopularFeedGeneratorsOutput
  }
  'app.bsky.unspecced.getPostThreadOtherV2': {
    params: AppBskyUnspeccedGetPostThreadOtherV2Params
    input: undefined
    output: AppBskyUnspeccedGetPostThreadOtherV2Output
  }
  'app.bsky.unspecced.getPostThreadV2': {
    params: AppBskyUnspeccedGetPostThreadV2Params
    input: undefined
    output: AppBskyUnspeccedGetPostThreadV2Output
  }
  'app.bsky.unspecced.getSuggestedFeeds': {
    params: AppBskyUnspeccedGetSuggestedFeedsParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedFeedsOutput
  }
  'app.bsky.unspecced.getSuggestedFeedsSkeleton': {
    params: AppBskyUnspeccedGetSuggestedFeedsSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedFeedsSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestedOnboardingUsers': {
    params: AppBskyUnspeccedGetSuggestedOnboardingUsersParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedOnboardingUsersOutput
  }
  'app.bsky.unspecced.getSuggestedStarterPacks': {
    params: AppBskyUnspeccedGetSuggestedStarterPacksParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedStarterPacksOutput
  }
  'app.bsky.unspecced.getSuggestedStarterPacksSkeleton': {
    params: AppBskyUnspeccedGetSuggestedStarterPacksSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedStarterPacksSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestedUsers': {
    params: AppBskyUnspeccedGetSuggestedUsersParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForDiscover': {
    params: AppBskyUnspeccedGetSuggestedUsersForDiscoverParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForDiscoverOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForDiscoverSkeleton': {
    params: AppBskyUnspeccedGetSuggestedUsersForDiscoverSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForDiscoverSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForExplore': {
    params: AppBskyUnspeccedGetSuggestedUsersForExploreParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForExploreOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForExploreSkeleton': {
    params: AppBskyUnspeccedGetSuggestedUsersForExploreSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForExploreSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForSeeMore': {
    params: AppBskyUnspeccedGetSuggestedUsersForSeeMoreParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForSeeMoreOutput
  }
  'app.bsky.unspecced.getSuggestedUsersForSeeMoreSkeleton': {
    params: AppBskyUnspeccedGetSuggestedUsersForSeeMoreSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersForSeeMoreSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestedUsersSkeleton': {
    params: AppBskyUnspeccedGetSuggestedUsersSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestedUsersSkeletonOutput
  }
  'app.bsky.unspecced.getSuggestionsSkeleton': {
    params: AppBskyUnspeccedGetSuggestionsSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetSuggestionsSkeletonOutput
  }
  'app.bsky.unspecced.getTaggedSuggestions': {
    params: AppBskyUnspeccedGetTaggedSuggestionsParams
    input: undefined
    output: AppBskyUnspeccedGetTaggedSuggestionsOutput
  }
  'app.bsky.unspecced.getTrendingTopics': {
    params: AppBskyUnspeccedGetTrendingTopicsParams
    input: undefined
    output: AppBskyUnspeccedGetTrendingTopicsOutput
  }
  'app.bsky.unspecced.getTrends': {
    params: AppBskyUnspeccedGetTrendsParams
    input: undefined
    output: AppBskyUnspeccedGetTrendsOutput
  }
  'app.bsky.unspecced.getTrendsSkeleton': {
    params: AppBskyUnspeccedGetTrendsSkeletonParams
    input: undefined
    output: AppBskyUnspeccedGetTrendsSkeletonOutput
  }
  'app.bsky.unspecced.initAgeAssurance': {
    params: Empty
    input: AppBskyUnspeccedInitAgeAssuranceInput
    output: AppBskyUnspeccedInitAgeAssuranceOutput
  }
  'app.bsky.unspecced.searchActorsSkeleton': {
    params: AppBskyUnspeccedSearchActorsSkeletonParams
    input: undefined
    output: AppBskyUnspeccedSearchActorsSkeletonOutput
  }
  'app.bsky.unspecced.searchPostsSkeleton': {
    params: AppBskyUnspeccedSearchPostsSkeletonParams
    input: undefined
    output: AppBskyUnspeccedSearchPostsSkeletonOutput
  }
  'app.bsky.unspecced.searchStarterPacksSkeleton': {
    params: AppBskyUnspeccedSearchStarterPacksSkeletonParams
    input: undefined
    output: AppBskyUnspeccedSearchStarterPacksSkeletonOutput
  }
  'app.bsky.video.abortUpload': {
    params: Empty
    input: AppBskyVideoAbortUploadInput
    output: AppBskyVideoAbortUploadOutput
  }
  'app.bsky.video.finishUpload': {
    params: Empty
    input: AppBskyVideoFinishUploadInput
    output: AppBskyVideoFinishUploadOutput
  }
  'app.bsky.video.getJobStatus': {
    params: AppBskyVideoGetJobStatusParams
    input: undefined
    output: AppBskyVideoGetJobStatusOutput
  }
  'app.bsky.video.getUploadLimits': { params: Empty; input: undefined; output: AppBskyVideoGetUploadLimitsOutput }
  'app.bsky.video.getUploadStatus': {
    params: AppBskyVideoGetUploadStatusParams
    input: undefined
    output: AppBskyVideoGetUploadStatusOutput
  }
  'app.bsky.video.startUpload': {
    params: Empty
    input: AppBskyVideoStartUploadInput
    output: AppBskyVideoStartUploadOutput
  }
  'app.bsky.video.uploadPart': {
    params: AppBskyVideoUploadPartParams
    input: Binary
    output: AppBskyVideoUploadPartOutput
  }
  'app.bsky.video.uploadVideo': { params: Empty; input: Binary; output: AppBskyVideoUploadVideoOutput }
  'com.atproto.admin.deleteAccount': { params: Empty; input: ComAtprotoAdminDeleteAccountInput; output: void }
  'com.atproto.admin.disableAccountInvites': {
    params: Empty
    input: ComAtprotoAdminDisableAccountInvitesInput
    output: void
  }
  'com.atproto.admin.disableInviteCodes': { params: Empty; input: ComAtprotoAdminDisableInviteCodesInput; output: void }
  'com.atproto.admin.enableAccountInvites': {
    params: Empty
    input: ComAtprotoAdminEnableAccountInvitesInput
    output: void
  }
  'com.atproto.admin.getAccountInfo': {
    params: ComAtprotoAdminGetAccountInfoParams
    input: undefined
    output: ComAtprotoAdminGetAccountInfoOutput
  }
  'com.atproto.admin.getAccountInfos': {
    params: ComAtprotoAdminGetAccountInfosParams
    input: undefined
    output: ComAtprotoAdminGetAccountInfosOutput
  }
  'com.atproto.admin.getInviteCodes': {
    params: ComAtprotoAdminGetInviteCodesParams
    input: undefined
    output: ComAtprotoAdminGetInviteCodesOutput
  }
  'com.atproto.admin.getSubjectStatus': {
    params: ComAtprotoAdminGetSubjectStatusParams
    input: undefined
    output: ComAtprotoAdminGetSubjectStatusOutput
  }
  'com.atproto.admin.searchAccounts': {
    params: ComAtprotoAdminSearchAccountsParams
    input: undefined
    output: ComAtprotoAdminSearchAccountsOutput
  }
  'com.atproto.admin.sendEmail': {
    params: Empty
    input: ComAtprotoAdminSendEmailInput
    output: ComAtprotoAdminSendEmailOutput
  }
  'com.atproto.admin.updateAccountEmail': { params: Empty; input: ComAtprotoAdminUpdateAccountEmailInput; output: void }
  'com.atproto.admin.updateAccountHandle': {
    params: Empty
    input: ComAtprotoAdminUpdateAccountHandleInput
    output: void
  }
  'com.atproto.admin.updateAccountPassword': {
    params: Empty
    input: ComAtprotoAdminUpdateAccountPasswordInput
    output: void
  }
  'com.atproto.admin.updateAccountSigningKey': {
    params: Empty
    input: ComAtprotoAdminUpdateAccountSigningKeyInput
    output: void
  }
  'com.atproto.admin.updateSubjectStatus': {
    params: Empty
    input: ComAtprotoAdminUpdateSubjectStatusInput
    output: ComAtprotoAdminUpdateSubjectStatusOutput
  }
  'com.atproto.identity.getRecommendedDidCredentials': {
    params: Empty
    input: undefined
    output: ComAtprotoIdentityGetRecommendedDidCredentialsOutput
  }
  'com.atproto.identity.refreshIdentity': {
    params: Empty
    input: ComAtprotoIdentityRefreshIdentityInput
    output: ComAtprotoIdentityRefreshIdentityOutput
  }
  'com.atproto.identity.requestPlcOperationSignature': { params: Empty; input: undefined; output: void }
  'com.atproto.identity.resolveDid': {
    params: ComAtprotoIdentityResolveDidParams
    input: undefined
    output: ComAtprotoIdentityResolveDidOutput
  }
  'com.atproto.identity.resolveHandle': {
    params: ComAtprotoIdentityResolveHandleParams
    input: undefined
    output: ComAtprotoIdentityResolveHandleOutput
  }
  'com.atproto.identity.resolveIdentity': {
    params: ComAtprotoIdentityResolveIdentityParams
    input: undefined
    output: ComAtprotoIdentityResolveIdentityOutput
  }
  'com.atproto.identity.signPlcOperation': {
    params: Empty
    input: ComAtprotoIdentitySignPlcOperationInput
    output: ComAtprotoIdentitySignPlcOperationOutput
  }
  'com.atproto.identity.submitPlcOperation': {
    params: Empty
    input: ComAtprotoIdentitySubmitPlcOperationInput
    output: void
  }
  'com.atproto.identity.updateHandle': { params: Empty; input: ComAtprotoIdentityUpdateHandleInput; output: void }
  'com.atproto.label.queryLabels': {
    params: ComAtprotoLabelQueryLabelsParams
    input: undefined
    output: ComAtprotoLabelQueryLabelsOutput
  }
  'com.atproto.label.subscribeLabels': { params: ComAtprotoLabelSubscribeLabelsParams; input: undefined; output: void }
  'com.atproto.lexicon.resolveLexicon': {
    params: ComAtprotoLexiconResolveLexiconParams
    input: undefined
    output: ComAtprotoLexiconResolveLexiconOutput
  }
  'com.atproto.moderation.createReport': {
    params: Empty
    input: ComAtprotoModerationCreateReportInput
    output: ComAtprotoModerationCreateReportOutput
  }
  'com.atproto.repo.applyWrites': {
    params: Empty
    input: ComAtprotoRepoApplyWritesInput
    output: ComAtprotoRepoApplyWritesOutput
  }
  'com.atproto.repo.createRecord': {
    params: Empty
    input: ComAtprotoRepoCreateRecordInput
    output: ComAtprotoRepoCreateRecordOutput
  }
  'com.atproto.repo.deleteRecord': {
    params: Empty
    input: ComAtprotoRepoDeleteRecordInput
    output: ComAtprotoRepoDeleteRecordOutput
  }
  'com.atproto.repo.describeRepo': {
    params: ComAtprotoRepoDescribeRepoParams
    input: undefined
    output: ComAtprotoRepoDescribeRepoOutput
  }
  'com.atproto.repo.getRecord': {
    params: ComAtprotoRepoGetRecordParams
    input: undefined
    output: ComAtprotoRepoGetRecordOutput
  }
  'com.atproto.repo.importRepo': { params: Empty; input: Binary; output: void }
  'com.atproto.repo.listMissingBlobs': {
    params: ComAtprotoRepoListMissingBlobsParams
    input: undefined
    output: ComAtprotoRepoListMissingBlobsOutput
  }
  'com.atproto.repo.listRecords': {
    params: ComAtprotoRepoListRecordsParams
    input: undefined
    output: ComAtprotoRepoListRecordsOutput
  }
  'com.atproto.repo.putRecord': {
    params: Empty
    input: ComAtprotoRepoPutRecordInput
    output: ComAtprotoRepoPutRecordOutput
  }
  'com.atproto.repo.uploadBlob': { params: Empty; input: Binary; output: ComAtprotoRepoUploadBlobOutput }
  'com.atproto.server.activateAccount': { params: Empty; input: undefined; output: void }
  'com.atproto.server.checkAccountStatus': {
    params: Empty
    input: undefined
    output: ComAtprotoServerCheckAccountStatusOutput
  }
  'com.atproto.server.confirmEmail': { params: Empty; input: ComAtprotoServerConfirmEmailInput; output: void }
  'com.atproto.server.createAccount': {
    params: Empty
    input: ComAtprotoServerCreateAccountInput
    output: ComAtprotoServerCreateAccountOutput
  }
  'com.atproto.server.createAppPassword': {
    params: Empty
    input: ComAtprotoServerCreateAppPasswordInput
    output: ComAtprotoServerCreateAppPasswordOutput
  }
  'com.atproto.server.createInviteCode': {
    params: Empty
    input: ComAtprotoServerCreateInviteCodeInput
    output: ComAtprotoServerCreateInviteCodeOutput
  }
  'com.atproto.server.createInviteCodes': {
    params: Empty
    input: ComAtprotoServerCreateInviteCodesInput
    output: ComAtprotoServerCreateInviteCodesOutput
  }
  'com.atproto.server.createSession': {
    params: Empty
    input: ComAtprotoServerCreateSessionInput
    output: ComAtprotoServerCreateSessionOutput
  }
  'com.atproto.server.deactivateAccount': { params: Empty; input: ComAtprotoServerDeactivateAccountInput; output: void }
  'com.atproto.server.deleteAccount': { params: Empty; input: ComAtprotoServerDeleteAccountInput; output: void }
  'com.atproto.server.deleteSession': { params: Empty; input: undefined; output: void }
  'com.atproto.server.describeServer': { params: Empty; input: undefined; output: ComAtprotoServerDescribeServerOutput }
  'com.atproto.server.getAccountInviteCodes': {
    params: ComAtprotoServerGetAccountInviteCodesParams
    input: undefined
    output: ComAtprotoServerGetAccountInviteCodesOutput
  }
  'com.atproto.server.getServiceAuth': {
    params: ComAtprotoServerGetServiceAuthParams
    input: undefined
    output: ComAtprotoServerGetServiceAuthOutput
  }
  'com.atproto.server.getSession': { params: Empty; input: undefined; output: ComAtprotoServerGetSessionOutput }
  'com.atproto.server.listAppPasswords': {
    params: Empty
    input: undefined
    output: ComAtprotoServerListAppPasswordsOutput
  }
  'com.atproto.server.refreshSession': { params: Empty; input: undefined; output: ComAtprotoServerRefreshSessionOutput }
  'com.atproto.server.requestAccountDelete': { params: Empty; input: undefined; output: void }
  'com.atproto.server.requestEmailConfirmation': { params: Empty; input: undefined; output: void }
  'com.atproto.server.requestEmailUpdate': {
    params: Empty
    input: undefined
    output: ComAtprotoServerRequestEmailUpdateOutput
  }
  'com.atproto.server.requestPasswordReset': {
    params: Empty
    input: ComAtprotoServerRequestPasswordResetInput
    output: void
  }
  'com.atproto.server.reserveSigningKey': {
    params: Empty
    input: ComAtprotoServerReserveSigningKeyInput
    output: ComAtprotoServerReserveSigningKeyOutput
  }
  'com.atproto.server.resetPassword': { params: Empty; input: ComAtprotoServerResetPasswordInput; output: void }
  'com.atproto.server.revokeAppPassword': { params: Empty; input: ComAtprotoServerRevokeAppPasswordInput; output: void }
  'com.atproto.server.updateEmail': { params: Empty; input: ComAtprotoServerUpdateEmailInput; output: void }
  'com.atproto.sync.getBlob': { params: ComAtprotoSyncGetBlobParams; input: undefined; output: Binary }
  'com.atproto.sync.getBlocks': { params: ComAtprotoSyncGetBlocksParams; input: undefined; output: Binary }
  'com.atproto.sync.getCheckout': { params: ComAtprotoSyncGetCheckoutParams; input: undefined; output: Binary }
  'com.atproto.sync.getHead': {
    params: ComAtprotoSyncGetHeadParams
    input: undefined
    output: ComAtprotoSyncGetHeadOutput
  }
  'com.atproto.sync.getHostStatus': {
    params: ComAtprotoSyncGetHostStatusParams
    input: undefined
    output: ComAtprotoSyncGetHostStatusOutput
  }
  'com.atproto.sync.getLatestCommit': {
    params: ComAtprotoSyncGetLatestCommitParams
    input: undefined
    output: ComAtprotoSyncGetLatestCommitOutput
  }
  'com.atproto.sync.getRecord': { params: ComAtprotoSyncGetRecordParams; input: undefined; output: Binary }
  'com.atproto.sync.getRepo': { params: ComAtprotoSyncGetRepoParams; input: undefined; output: Binary }
  'com.atproto.sync.getRepoStatus': {
    params: ComAtprotoSyncGetRepoStatusParams
    input: undefined
    output: ComAtprotoSyncGetRepoStatusOutput
  }
  'com.atproto.sync.listBlobs': {
    params: ComAtprotoSyncListBlobsParams
    input: undefined
    output: ComAtprotoSyncListBlobsOutput
  }
  'com.atproto.sync.listHosts': {
    params: ComAtprotoSyncListHostsParams
    input: undefined
    output: ComAtprotoSyncListHostsOutput
  }
  'com.atproto.sync.listRepos': {
    params: ComAtprotoSyncListReposParams
    input: undefined
    output: ComAtprotoSyncListReposOutput
  }
  'com.atproto.sync.listReposByCollection': {
    params: ComAtprotoSyncListReposByCollectionParams
    input: undefined
    output: ComAtprotoSyncListReposByCollectionOutput
  }
  'com.atproto.sync.notifyOfUpdate': { params: Empty; input: ComAtprotoSyncNotifyOfUpdateInput; output: void }
  'com.atproto.sync.requestCrawl': { params: Empty; input: ComAtprotoSyncRequestCrawlInput; output: void }
  'com.atproto.sync.subscribeRepos': { params: ComAtprotoSyncSubscribeReposParams; input: undefined; output: void }
  'com.atproto.temp.addReservedHandle': {
    params: Empty
    input: ComAtprotoTempAddReservedHandleInput
    output: ComAtprotoTempAddReservedHandleOutput
  }
  'com.atproto.temp.checkHandleAvailability': {
    params: ComAtprotoTempCheckHandleAvailabilityParams
    input: undefined
    output: ComAtprotoTempCheckHandleAvailabilityOutput
  }
  'com.atproto.temp.checkSignupQueue': { params: Empty; input: undefined; output: ComAtprotoTempCheckSignupQueueOutput }
  'com.atproto.temp.dereferenceScope': {
    params: ComAtprotoTempDereferenceScopeParams
    input: undefined
    output: ComAtprotoTempDereferenceScopeOutput
  }
  'com.atproto.temp.fetchLabels': {
    params: ComAtprotoTempFetchLabelsParams
    input: undefined
    output: ComAtprotoTempFetchLabelsOutput
  }
  'com.atproto.temp.requestPhoneVerification': {
    params: Empty
    input: ComAtprotoTempRequestPhoneVerificationInput
    output: void
  }
  'com.atproto.temp.revokeAccountCredentials': {
    params: Empty
    input: ComAtprotoTempRevokeAccountCredentialsInput
    output: void
  }
}

export interface AppBskyActorContentVisibilityDeclaration {
  $type: 'app.bsky.actor.contentVisibilityDeclaration'
  hideFromAlgorithmicRecommendations: boolean
}

export interface AppBskyActorDefsProfileViewBasic {
  $type?: 'app.bsky.actor.defs#profileViewBasic'
  did: string
  handle: string
  displayName?: string
  pronouns?: string
  avatar?: string
  associated?: AppBskyActorDefsProfileAssociated
  viewer?: AppBskyActorDefsViewerState
  labels?: ComAtprotoLabelDefsLabel[]
  createdAt?: string
  verification?: AppBskyActorDefsVerificationState
  status?: AppBskyActorDefsStatusView
  debug?: Record<string, unknown>
}

export interface AppBskyActorDefsProfileView {
  $type?: 'app.bsky.actor.defs#profileView'
  did: string
  handle: string
  displayName?: string
  pronouns?: string
  description?: string
  avatar?: string
  associated?: AppBskyActorDefsProfileAssociated
  indexedAt?: string
  createdAt?: string
  viewer?: AppBskyActorDefsViewerState
  labels?: ComAtprotoLabelDefsLabel[]
  verification?: AppBskyActorDefsVerificationState
  status?: AppBskyActorDefsStatusView
  debug?: Record<string, unknown>
}

export interface AppBskyActorDefsProfileViewDetailed {
  $type?: 'app.bsky.actor.defs#profileViewDetailed'
  did: string
  handle: string
  displayName?: string
  description?: string
  pronouns?: string
  website?: string
  avatar?: string
  banner?: string
  followersCount?: number
  followsCount?: number
  postsCount?: number
  associated?: AppBskyActorDefsProfileAssociated
  joinedViaStarterPack?: AppBskyGraphDefsStarterPackViewBasic
  indexedAt?: string
  createdAt?: string
  viewer?: AppBskyActorDefsViewerState
  labels?: ComAtprotoLabelDefsLabel[]
  pinnedPost?: ComAtprotoRepoStrongRef
  verification?: AppBskyActorDefsVerificationState
  status?: AppBskyActorDefsStatusView
  debug?: Record<string, unknown>
}

export interface AppBskyActorDefsProfileAssociated {
  $type?: 'app.bsky.actor.defs#profileAssociated'
  lists?: number
  feedgens?: number
  starterPacks?: number
  labeler?: boolean
  chat?: AppBskyActorDefsProfileAssociatedChat
  activitySubscription?: AppBskyActorDefsProfileAssociatedActivitySubscription
  germ?: AppBskyActorDefsProfileAssociatedGerm
}

export interface AppBskyActorDefsProfileAssociatedChat {
  $type?: 'app.bsky.actor.defs#profileAssociatedChat'
  allowIncoming: 'all' | 'none' | 'following' | (string & {})
  allowGroupInvites?: 'all' | 'none' | 'following' | (string & {})
}

export interface AppBskyActorDefsProfileAssociatedGerm {
  $type?: 'app.bsky.actor.defs#profileAssociatedGerm'
  messageMeUrl: string
  showButtonTo: 'usersIFollow' | 'everyone' | (string & {})
}

export interface AppBskyActorDefsProfileAssociatedActivitySubscription {
  $type?: 'app.bsky.actor.defs#profileAssociatedActivitySubscription'
  allowSubscriptions: 'followers' | 'mutuals' | 'none' | (string & {})
}

export interface AppBskyActorDefsViewerState {
  $type?: 'app.bsky.actor.defs#viewerState'
  muted?: boolean
  mutedOnlyReposts?: boolean
  mutedOnlyQuoteposts?: boolean
  mutedByList?: AppBskyGraphDefsListViewBasic
  blockedBy?: boolean
  blocking?: string
  blockingByList?: AppBskyGraphDefsListViewBasic
  following?: string
  followedBy?: string
  knownFollowers?: AppBskyActorDefsKnownFollowers
  activitySubscription?: AppBskyNotificationDefsActivitySubscription
}

export interface AppBskyActorDefsKnownFollowers {
  $type?: 'app.bsky.actor.defs#knownFollowers'
  count: number
  followers: AppBskyActorDefsProfileViewBasic[]
}

export interface AppBskyActorDefsVerificationState {
  $type?: 'app.bsky.actor.defs#verificationState'
  verifications: AppBskyActorDefsVerificationView[]
  verifiedStatus: 'valid' | 'invalid' | 'none' | (string & {})
  trustedVerifierStatus: 'valid' | 'invalid' | 'none' | (string & {})
}

export interface AppBskyActorDefsVerificationView {
  $type?: 'app.bsky.actor.defs#verificationView'
  issuer: string
  issuerDisplayName?: string
  issuerHandle?: string
  uri: string
  isValid: boolean
  createdAt: string
}

export type AppBskyActorDefsPreferences = (
  | Typed<AppBskyActorDefsAdultContentPref>
  | Typed<AppBskyActorDefsContentLabelPref>
  | Typed<AppBskyActorDefsSavedFeedsPref>
  | Typed<AppBskyActorDefsSavedFeedsPrefV2>
  | Typed<AppBskyActorDefsPersonalDetailsPref>
  | Typed<AppBskyActorDefsDeclaredAgePref>
  | Typed<AppBskyActorDefsFeedViewPref>
  | Typed<AppBskyActorDefsThreadViewPref>
  | Typed<AppBskyActorDefsInterestsPref>
  | Typed<AppBskyActorDefsMutedWordsPref>
  | Typed<AppBskyActorDefsHiddenPostsPref>
  | Typed<AppBskyActorDefsBskyAppStatePref>
  | Typed<AppBskyActorDefsLabelersPref>
  | Typed<AppBskyActorDefsPostInteractionSettingsPref>
  | Typed<AppBskyActorDefsVerificationPrefs>
  | Typed<AppBskyActorDefsLiveEventPreferences>
)[]

export interface AppBskyActorDefsAdultContentPref {
  $type?: 'app.bsky.actor.defs#adultContentPref'
  enabled: boolean
}

export interface AppBskyActorDefsContentLabelPref {
  $type?: 'app.bsky.actor.defs#contentLabelPref'
  labelerDid?: string
  label: string
  visibility: 'ignore' | 'show' | 'warn' | 'hide' | (string & {})
}

export interface AppBskyActorDefsSavedFeed {
  $type?: 'app.bsky.actor.defs#savedFeed'
  id: string
  type: 'feed' | 'list' | 'timeline' | (string & {})
  value: string
  pinned: boolean
}

export interface AppBskyActorDefsSavedFeedsPrefV2 {
  $type?: 'app.bsky.actor.defs#savedFeedsPrefV2'
  items: AppBskyActorDefsSavedFeed[]
}

export interface AppBskyActorDefsSavedFeedsPref {
  $type?: 'app.bsky.actor.defs#savedFeedsPref'
  pinned: string[]
  saved: string[]
  timelineIndex?: number
}

export interface AppBskyActorDefsPersonalDetailsPref {
  $type?: 'app.bsky.actor.defs#personalDetailsPref'
  birthDate?: string
}

export interface AppBskyActorDefsDeclaredAgePref {
  $type?: 'app.bsky.actor.defs#declaredAgePref'
  isOverAge13?: boolean
  isOverAge16?: boolean
  isOverAge18?: boolean
}

export interface AppBskyActorDefsFeedViewPref {
  $type?: 'app.bsky.actor.defs#feedViewPref'
  feed: string
  hideReplies?: boolean
  hideRepliesByUnfollowed?: boolean
  hideRepliesByLikeCount?: number
  hideReposts?: boolean
  hideQuotePosts?: boolean
}

export interface AppBskyActorDefsThreadViewPref {
  $type?: 'app.bsky.actor.defs#threadViewPref'
  sort?: 'oldest' | 'newest' | 'most-likes' | 'random' | 'hotness' | (string & {})
}

export interface AppBskyActorDefsInterestsPref {
  $type?: 'app.bsky.actor.defs#interestsPref'
  updatedAt?: string
  tags: string[]
}

export type AppBskyActorDefsMutedWordTarget = 'content' | 'tag' | (string & {})

export interface AppBskyActorDefsMutedWord {
  $type?: 'app.bsky.actor.defs#mutedWord'
  id?: string
  value: string
  targets: AppBskyActorDefsMutedWordTarget[]
  actorTarget?: 'all' | 'exclude-following' | (string & {})
  expiresAt?: string
}

export interface AppBskyActorDefsMutedWordsPref {
  $type?: 'app.bsky.actor.defs#mutedWordsPref'
  items: AppBskyActorDefsMutedWord[]
}

export interface AppBskyActorDefsHiddenPostsPref {
  $type?: 'app.bsky.actor.defs#hiddenPostsPref'
  items: string[]
}

export interface AppBskyActorDefsLabelersPref {
  $type?: 'app.bsky.actor.defs#labelersPref'
  labelers: AppBskyActorDefsLabelerPrefItem[]
}

export interface AppBskyActorDefsLabelerPrefItem {
  $type?: 'app.bsky.actor.defs#labelerPrefItem'
  did: string
}

export interface AppBskyActorDefsBskyAppStatePref {
  $type?: 'app.bsky.actor.defs#bskyAppStatePref'
  activeProgressGuide?: AppBskyActorDefsBskyAppProgressGuide
  isBetaUser?: boolean
  queuedNudges?: string[]
  nuxs?: AppBskyActorDefsNux[]
}

export interface AppBskyActorDefsBskyAppProgressGuide {
  $type?: 'app.bsky.actor.defs#bskyAppProgressGuide'
  guide: string
}

export interface AppBskyActorDefsNux {
  $type?: 'app.bsky.actor.defs#nux'
  id: string
  completed: boolean
  data?: string
  expiresAt?: string
}

export interface AppBskyActorDefsVerificationPrefs {
  $type?: 'app.bsky.actor.defs#verificationPrefs'
  hideBadges?: boolean
}

export interface AppBskyActorDefsLiveEventPreferences {
  $type?: 'app.bsky.actor.defs#liveEventPreferences'
  hiddenFeedIds?: string[]
  hideAllFeeds?: boolean
}

export interface AppBskyActorDefsPostInteractionSettingsPref {
  $type?: 'app.bsky.actor.defs#postInteractionSettingsPref'
  threadgateAllowRules?: (
    | Typed<AppBskyFeedThreadgateMentionRule>
    | Typed<AppBskyFeedThreadgateFollowerRule>
    | Typed<AppBskyFeedThreadgateFollowingRule>
    | Typed<AppBskyFeedThreadgateListRule>
  )[]
  postgateEmbeddingRules?: Typed<AppBskyFeedPostgateDisableRule>[]
}

export interface AppBskyActorDefsStatusView {
  $type?: 'app.bsky.actor.defs#statusView'
  uri?: string
  cid?: string
  status: 'app.bsky.actor.status#live' | (string & {})
  record: Record<string, unknown>
  embed?: Typed<AppBskyEmbedExternalView>
  labels?: ComAtprotoLabelDefsLabel[]
  expiresAt?: string
  isActive?: boolean
  isDisabled?: boolean
}

export type AppBskyActorGetPreferencesParams = Empty

export interface AppBskyActorGetPreferencesOutput {
  preferences: AppBskyActorDefsPreferences
}

export interface AppBskyActorGetProfileParams {
  actor: string
}

export type AppBskyActorGetProfileOutput = AppBskyActorDefsProfileViewDetailed

export interface AppBskyActorGetProfilesParams {
  actors: string[]
}

export interface AppBskyActorGetProfilesOutput {
  profiles: AppBskyActorDefsProfileViewDetailed[]
}

export interface AppBskyActorGetSuggestionsParams {
  limit: number
  cursor?: string
}

export interface AppBskyActorGetSuggestionsOutput {
  cursor?: string
  actors: AppBskyActorDefsProfileView[]
  recId?: number
  recIdStr?: string
}

export interface AppBskyActorProfile {
  $type: 'app.bsky.actor.profile'
  displayName?: string
  description?: string
  pronouns?: string
  website?: string
  avatar?: LexBlob
  banner?: LexBlob
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  joinedViaStarterPack?: ComAtprotoRepoStrongRef
  pinnedPost?: ComAtprotoRepoStrongRef
  createdAt?: string
}

export interface AppBskyActorPutPreferencesInput {
  preferences: AppBskyActorDefsPreferences
}

export interface AppBskyActorSearchActorsParams {
  term?: string
  q?: string
  limit: number
  cursor?: string
}

export interface AppBskyActorSearchActorsOutput {
  cursor?: string
  actors: AppBskyActorDefsProfileView[]
}

export interface AppBskyActorSearchActorsTypeaheadParams {
  term?: string
  q?: string
  limit: number
}

export interface AppBskyActorSearchActorsTypeaheadOutput {
  actors: AppBskyActorDefsProfileViewBasic[]
}

export interface AppBskyActorStatus {
  $type: 'app.bsky.actor.status'
  status: 'app.bsky.actor.status#live' | (string & {})
  embed?: Typed<AppBskyEmbedExternal>
  durationMinutes?: number
  createdAt: string
}

export type AppBskyActorStatusLive = 'app.bsky.actor.status#live'

export interface AppBskyAgeassuranceBeginInput {
  email: string
  language: string
  countryCode: string
  regionCode?: string
}

export type AppBskyAgeassuranceBeginOutput = AppBskyAgeassuranceDefsState

export type AppBskyAgeassuranceDefsAccess = 'unknown' | 'none' | 'safe' | 'full' | (string & {})

export type AppBskyAgeassuranceDefsStatus = 'unknown' | 'pending' | 'assured' | 'blocked' | (string & {})

export interface AppBskyAgeassuranceDefsState {
  $type?: 'app.bsky.ageassurance.defs#state'
  lastInitiatedAt?: string
  status: AppBskyAgeassuranceDefsStatus
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsStateMetadata {
  $type?: 'app.bsky.ageassurance.defs#stateMetadata'
  accountCreatedAt?: string
}

export interface AppBskyAgeassuranceDefsConfig {
  $type?: 'app.bsky.ageassurance.defs#config'
  regions: AppBskyAgeassuranceDefsConfigRegion[]
}

export interface AppBskyAgeassuranceDefsConfigRegion {
  $type?: 'app.bsky.ageassurance.defs#configRegion'
  platforms?: ('web' | 'ios' | 'android' | (string & {}))[]
  countryCode: string
  regionCode?: string
  minAccessAge: number
  additionalVerificationMethods?: ('device' | (string & {}))[]
  rules: (
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleDefault>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfDeclaredOverAge>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfDeclaredUnderAge>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfAssuredOverAge>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfAssuredUnderAge>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfAccountNewerThan>
    | Typed<AppBskyAgeassuranceDefsConfigRegionRuleIfAccountOlderThan>
  )[]
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleDefault {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleDefault'
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfDeclaredOverAge {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfDeclaredOverAge'
  age: number
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfDeclaredUnderAge {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfDeclaredUnderAge'
  age: number
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfAssuredOverAge {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfAssuredOverAge'
  age: number
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfAssuredUnderAge {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfAssuredUnderAge'
  age: number
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfAccountNewerThan {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfAccountNewerThan'
  date: string
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsConfigRegionRuleIfAccountOlderThan {
  $type?: 'app.bsky.ageassurance.defs#configRegionRuleIfAccountOlderThan'
  date: string
  access: AppBskyAgeassuranceDefsAccess
}

export interface AppBskyAgeassuranceDefsEvent {
  $type?: 'app.bsky.ageassurance.defs#event'
  createdAt: string
  attemptId: string
  status: 'unknown' | 'pending' | 'assured' | 'blocked' | (string & {})
  access: 'unknown' | 'none' | 'safe' | 'full' | (string & {})
  countryCode: string
  regionCode?: string
  email?: string
  initIp?: string
  initUa?: string
  completeIp?: string
  completeUa?: string
}

export type AppBskyAgeassuranceGetConfigOutput = AppBskyAgeassuranceDefsConfig

export interface AppBskyAgeassuranceGetStateParams {
  countryCode: string
  regionCode?: string
}

export interface AppBskyAgeassuranceGetStateOutput {
  state: AppBskyAgeassuranceDefsState
  metadata: AppBskyAgeassuranceDefsStateMetadata
}

export interface AppBskyBookmarkCreateBookmarkInput {
  uri: string
  cid: string
}

export interface AppBskyBookmarkDefsBookmark {
  $type?: 'app.bsky.bookmark.defs#bookmark'
  subject: ComAtprotoRepoStrongRef
}

export interface AppBskyBookmarkDefsBookmarkView {
  $type?: 'app.bsky.bookmark.defs#bookmarkView'
  subject: ComAtprotoRepoStrongRef
  createdAt?: string
  item: Typed<AppBskyFeedDefsBlockedPost> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsPostView>
}

export interface AppBskyBookmarkDeleteBookmarkInput {
  uri: string
}

export interface AppBskyBookmarkGetBookmarksParams {
  limit: number
  cursor?: string
}

export interface AppBskyBookmarkGetBookmarksOutput {
  cursor?: string
  bookmarks: AppBskyBookmarkDefsBookmarkView[]
}

export interface AppBskyContactDefsMatchAndContactIndex {
  $type?: 'app.bsky.contact.defs#matchAndContactIndex'
  match: AppBskyActorDefsProfileView
  contactIndex: number
}

export interface AppBskyContactDefsSyncStatus {
  $type?: 'app.bsky.contact.defs#syncStatus'
  syncedAt: string
  matchesCount: number
}

export interface AppBskyContactDefsNotification {
  $type?: 'app.bsky.contact.defs#notification'
  from: string
  to: string
}

export interface AppBskyContactDismissMatchInput {
  subject: string
}

export type AppBskyContactDismissMatchOutput = Empty

export interface AppBskyContactGetMatchesParams {
  limit: number
  cursor?: string
}

export interface AppBskyContactGetMatchesOutput {
  cursor?: string
  matches: AppBskyActorDefsProfileView[]
}

export type AppBskyContactGetSyncStatusParams = Empty

export interface AppBskyContactGetSyncStatusOutput {
  syncStatus?: AppBskyContactDefsSyncStatus
}

export interface AppBskyContactImportContactsInput {
  token: string
  contacts: string[]
}

export interface AppBskyContactImportContactsOutput {
  matchesAndContactIndexes: AppBskyContactDefsMatchAndContactIndex[]
}

export type AppBskyContactRemoveDataInput = Empty

export type AppBskyContactRemoveDataOutput = Empty

export interface AppBskyContactSendNotificationInput {
  from: string
  to: string
}

export type AppBskyContactSendNotificationOutput = Empty

export interface AppBskyContactStartPhoneVerificationInput {
  phone: string
}

export type AppBskyContactStartPhoneVerificationOutput = Empty

export interface AppBskyContactVerifyPhoneInput {
  phone: string
  code: string
}

export interface AppBskyContactVerifyPhoneOutput {
  token: string
}

export interface AppBskyDraftCreateDraftInput {
  draft: AppBskyDraftDefsDraft
}

export interface AppBskyDraftCreateDraftOutput {
  id: string
}

export interface AppBskyDraftDefsDraftWithId {
  $type?: 'app.bsky.draft.defs#draftWithId'
  id: string
  draft: AppBskyDraftDefsDraft
}

export interface AppBskyDraftDefsDraft {
  $type?: 'app.bsky.draft.defs#draft'
  deviceId?: string
  deviceName?: string
  posts: AppBskyDraftDefsDraftPost[]
  langs?: string[]
  postgateEmbeddingRules?: Typed<AppBskyFeedPostgateDisableRule>[]
  threadgateAllow?: (
    | Typed<AppBskyFeedThreadgateMentionRule>
    | Typed<AppBskyFeedThreadgateFollowerRule>
    | Typed<AppBskyFeedThreadgateFollowingRule>
    | Typed<AppBskyFeedThreadgateListRule>
  )[]
}

export interface AppBskyDraftDefsDraftPost {
  $type?: 'app.bsky.draft.defs#draftPost'
  text: string
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  embedImages?: AppBskyDraftDefsDraftEmbedImage[]
  embedGallery?: AppBskyDraftDefsDraftEmbedGallery
  embedVideos?: AppBskyDraftDefsDraftEmbedVideo[]
  embedExternals?: AppBskyDraftDefsDraftEmbedExternal[]
  embedRecords?: AppBskyDraftDefsDraftEmbedRecord[]
}

export interface AppBskyDraftDefsDraftView {
  $type?: 'app.bsky.draft.defs#draftView'
  id: string
  draft: AppBskyDraftDefsDraft
  createdAt: string
  updatedAt: string
}

export interface AppBskyDraftDefsDraftEmbedLocalRef {
  $type?: 'app.bsky.draft.defs#draftEmbedLocalRef'
  path: string
}

export interface AppBskyDraftDefsDraftEmbedCaption {
  $type?: 'app.bsky.draft.defs#draftEmbedCaption'
  lang: string
  content: string
}

export interface AppBskyDraftDefsDraftEmbedGallery {
  $type?: 'app.bsky.draft.defs#draftEmbedGallery'
  items: AppBskyDraftDefsDraftEmbedGalleryItems
}

export type AppBskyDraftDefsDraftEmbedGalleryItems = Typed<AppBskyDraftDefsDraftEmbedImage>[]

export interface AppBskyDraftDefsDraftEmbedImage {
  $type?: 'app.bsky.draft.defs#draftEmbedImage'
  localRef: AppBskyDraftDefsDraftEmbedLocalRef
  alt?: string
}

export interface AppBskyDraftDefsDraftEmbedVideo {
  $type?: 'app.bsky.draft.defs#draftEmbedVideo'
  localRef: AppBskyDraftDefsDraftEmbedLocalRef
  alt?: string
  captions?: AppBskyDraftDefsDraftEmbedCaption[]
}

export interface AppBskyDraftDefsDraftEmbedExternal {
  $type?: 'app.bsky.draft.defs#draftEmbedExternal'
  uri: string
}

export interface AppBskyDraftDefsDraftEmbedRecord {
  $type?: 'app.bsky.draft.defs#draftEmbedRecord'
  record: ComAtprotoRepoStrongRef
}

export interface AppBskyDraftDeleteDraftInput {
  id: string
}

export interface AppBskyDraftGetDraftsParams {
  limit: number
  cursor?: string
}

export interface AppBskyDraftGetDraftsOutput {
  cursor?: string
  drafts: AppBskyDraftDefsDraftView[]
}

export interface AppBskyDraftUpdateDraftInput {
  draft: AppBskyDraftDefsDraftWithId
}

export interface AppBskyEmbedDefsAspectRatio {
  $type?: 'app.bsky.embed.defs#aspectRatio'
  width: number
  height: number
}

export interface AppBskyEmbedExternal {
  $type?: 'app.bsky.embed.external'
  external: AppBskyEmbedExternalExternal
}

export interface AppBskyEmbedExternalExternal {
  $type?: 'app.bsky.embed.external#external'
  uri: string
  title: string
  description: string
  thumb?: LexBlob
  associatedRefs?: ComAtprotoRepoStrongRef[]
}

export interface AppBskyEmbedExternalView {
  $type?: 'app.bsky.embed.external#view'
  external: AppBskyEmbedExternalViewExternal
}

export interface AppBskyEmbedExternalViewExternal {
  $type?: 'app.bsky.embed.external#viewExternal'
  uri: string
  title: string
  description: string
  thumb?: string
  createdAt?: string
  updatedAt?: string
  readingTime?: number
  labels?: ComAtprotoLabelDefsLabel[]
  source?: AppBskyEmbedExternalViewExternalSource
  associatedRefs?: ComAtprotoRepoStrongRef[]
  associatedProfiles?: AppBskyActorDefsProfileViewBasic[]
}

export interface AppBskyEmbedExternalViewExternalSource {
  $type?: 'app.bsky.embed.external#viewExternalSource'
  uri: string
  icon?: string
  title: string
  description?: string
  theme?: AppBskyEmbedExternalViewExternalSourceTheme
}

export interface AppBskyEmbedExternalViewExternalSourceTheme {
  $type?: 'app.bsky.embed.external#viewExternalSourceTheme'
  backgroundRGB?: AppBskyEmbedExternalColorRGB
  foregroundRGB?: AppBskyEmbedExternalColorRGB
  accentRGB?: AppBskyEmbedExternalColorRGB
  accentForegroundRGB?: AppBskyEmbedExternalColorRGB
}

export interface AppBskyEmbedExternalColorRGB {
  $type?: 'app.bsky.embed.external#colorRGB'
  r: number
  g: number
  b: number
}

export interface AppBskyEmbedGallery {
  $type?: 'app.bsky.embed.gallery'
  items: Typed<AppBskyEmbedGalleryImage>[]
}

export interface AppBskyEmbedGalleryImage {
  $type?: 'app.bsky.embed.gallery#image'
  image: LexBlob
  alt: string
  aspectRatio: AppBskyEmbedDefsAspectRatio
}

export interface AppBskyEmbedGalleryView {
  $type?: 'app.bsky.embed.gallery#view'
  items: Typed<AppBskyEmbedGalleryViewImage>[]
}

export interface AppBskyEmbedGalleryViewImage {
  $type?: 'app.bsky.embed.gallery#viewImage'
  thumbnail: string
  fullsize: string
  alt: string
  aspectRatio: AppBskyEmbedDefsAspectRatio
}

export interface AppBskyEmbedGetEmbedExternalViewParams {
  url: string
  uris: string[]
}

export interface AppBskyEmbedGetEmbedExternalViewOutput {
  view?: AppBskyEmbedExternalView
  associatedRefs?: ComAtprotoRepoStrongRef[]
  associatedRecords?: Record<string, unknown>[]
}

export interface AppBskyEmbedImages {
  $type?: 'app.bsky.embed.images'
  images: AppBskyEmbedImagesImage[]
}

export interface AppBskyEmbedImagesImage {
  $type?: 'app.bsky.embed.images#image'
  image: LexBlob
  alt: string
  aspectRatio?: AppBskyEmbedDefsAspectRatio
}

export interface AppBskyEmbedImagesView {
  $type?: 'app.bsky.embed.images#view'
  images: AppBskyEmbedImagesViewImage[]
}

export interface AppBskyEmbedImagesViewImage {
  $type?: 'app.bsky.embed.images#viewImage'
  thumb: string
  fullsize: string
  alt: string
  aspectRatio?: AppBskyEmbedDefsAspectRatio
}

export interface AppBskyEmbedRecord {
  $type?: 'app.bsky.embed.record'
  record: ComAtprotoRepoStrongRef
}

export interface AppBskyEmbedRecordView {
  $type?: 'app.bsky.embed.record#view'
  record:
    | Typed<AppBskyEmbedRecordViewRecord>
    | Typed<AppBskyEmbedRecordViewNotFound>
    | Typed<AppBskyEmbedRecordViewBlocked>
    | Typed<AppBskyEmbedRecordViewDetached>
    | Typed<AppBskyFeedDefsGeneratorView>
    | Typed<AppBskyGraphDefsListView>
    | Typed<AppBskyLabelerDefsLabelerView>
    | Typed<AppBskyGraphDefsStarterPackViewBasic>
}

export interface AppBskyEmbedRecordViewRecord {
  $type?: 'app.bsky.embed.record#viewRecord'
  uri: string
  cid: string
  author: AppBskyActorDefsProfileViewBasic
  value: Record<string, unknown>
  labels?: ComAtprotoLabelDefsLabel[]
  replyCount?: number
  repostCount?: number
  likeCount?: number
  quoteCount?: number
  embeds?: (
    | Typed<AppBskyEmbedImagesView>
    | Typed<AppBskyEmbedVideoView>
    | Typed<AppBskyEmbedGalleryView>
    | Typed<AppBskyEmbedExternalView>
    | Typed<AppBskyEmbedRecordView>
    | Typed<AppBskyEmbedRecordWithMediaView>
  )[]
  indexedAt: string
}

export interface AppBskyEmbedRecordViewNotFound {
  $type?: 'app.bsky.embed.record#viewNotFound'
  uri: string
  notFound: true
}

export interface AppBskyEmbedRecordViewBlocked {
  $type?: 'app.bsky.embed.record#viewBlocked'
  uri: string
  blocked: true
  author: AppBskyFeedDefsBlockedAuthor
}

export interface AppBskyEmbedRecordViewDetached {
  $type?: 'app.bsky.embed.record#viewDetached'
  uri: string
  detached: true
}

export interface AppBskyEmbedRecordWithMedia {
  $type?: 'app.bsky.embed.recordWithMedia'
  record: AppBskyEmbedRecord
  media: Typed<AppBskyEmbedImages> | Typed<AppBskyEmbedVideo> | Typed<AppBskyEmbedGallery> | Typed<AppBskyEmbedExternal>
}

export interface AppBskyEmbedRecordWithMediaView {
  $type?: 'app.bsky.embed.recordWithMedia#view'
  record: AppBskyEmbedRecordView
  media:
    | Typed<AppBskyEmbedImagesView>
    | Typed<AppBskyEmbedVideoView>
    | Typed<AppBskyEmbedGalleryView>
    | Typed<AppBskyEmbedExternalView>
}

export interface AppBskyEmbedVideo {
  $type?: 'app.bsky.embed.video'
  video: LexBlob
  captions?: AppBskyEmbedVideoCaption[]
  alt?: string
  aspectRatio?: AppBskyEmbedDefsAspectRatio
  presentation?: 'default' | 'gif' | (string & {})
}

export interface AppBskyEmbedVideoCaption {
  $type?: 'app.bsky.embed.video#caption'
  lang: string
  file: LexBlob
}

export interface AppBskyEmbedVideoView {
  $type?: 'app.bsky.embed.video#view'
  cid: string
  playlist: string
  thumbnail?: string
  alt?: string
  aspectRatio?: AppBskyEmbedDefsAspectRatio
  presentation?: 'default' | 'gif' | (string & {})
}

export interface AppBskyFeedDefsPostView {
  $type?: 'app.bsky.feed.defs#postView'
  uri: string
  cid: string
  author: AppBskyActorDefsProfileViewBasic
  record: Record<string, unknown>
  embed?:
    | Typed<AppBskyEmbedImagesView>
    | Typed<AppBskyEmbedVideoView>
    | Typed<AppBskyEmbedGalleryView>
    | Typed<AppBskyEmbedExternalView>
    | Typed<AppBskyEmbedRecordView>
    | Typed<AppBskyEmbedRecordWithMediaView>
  bookmarkCount?: number
  replyCount?: number
  repostCount?: number
  likeCount?: number
  quoteCount?: number
  indexedAt: string
  viewer?: AppBskyFeedDefsViewerState
  labels?: ComAtprotoLabelDefsLabel[]
  threadgate?: AppBskyFeedDefsThreadgateView
  debug?: Record<string, unknown>
}

export interface AppBskyFeedDefsViewerState {
  $type?: 'app.bsky.feed.defs#viewerState'
  repost?: string
  like?: string
  bookmarked?: boolean
  threadMuted?: boolean
  replyDisabled?: boolean
  embeddingDisabled?: boolean
  pinned?: boolean
  knownLikers?: AppBskyFeedDefsKnownLikers
}

export interface AppBskyFeedDefsKnownLikers {
  $type?: 'app.bsky.feed.defs#knownLikers'
  count: number
  actors: AppBskyActorDefsProfileViewBasic[]
}

export interface AppBskyFeedDefsThreadContext {
  $type?: 'app.bsky.feed.defs#threadContext'
  rootAuthorLike?: string
}

export interface AppBskyFeedDefsFeedViewPost {
  $type?: 'app.bsky.feed.defs#feedViewPost'
  post: AppBskyFeedDefsPostView
  reply?: AppBskyFeedDefsReplyRef
  reason?: Typed<AppBskyFeedDefsReasonRepost> | Typed<AppBskyFeedDefsReasonPin>
  feedContext?: string
  reqId?: string
}

export interface AppBskyFeedDefsReplyRef {
  $type?: 'app.bsky.feed.defs#replyRef'
  root: Typed<AppBskyFeedDefsPostView> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>
  parent: Typed<AppBskyFeedDefsPostView> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>
  grandparentAuthor?: AppBskyActorDefsProfileViewBasic
}

export interface AppBskyFeedDefsReasonRepost {
  $type?: 'app.bsky.feed.defs#reasonRepost'
  by: AppBskyActorDefsProfileViewBasic
  uri?: string
  cid?: string
  indexedAt: string
}

export interface AppBskyFeedDefsReasonPin {
  $type?: 'app.bsky.feed.defs#reasonPin'
}

export interface AppBskyFeedDefsThreadViewPost {
  $type?: 'app.bsky.feed.defs#threadViewPost'
  post: AppBskyFeedDefsPostView
  parent?: Typed<AppBskyFeedDefsThreadViewPost> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>
  replies?: (
    Typed<AppBskyFeedDefsThreadViewPost> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>
  )[]
  threadContext?: AppBskyFeedDefsThreadContext
}

export interface AppBskyFeedDefsNotFoundPost {
  $type?: 'app.bsky.feed.defs#notFoundPost'
  uri: string
  notFound: true
}

export interface AppBskyFeedDefsBlockedPost {
  $type?: 'app.bsky.feed.defs#blockedPost'
  uri: string
  blocked: true
  author: AppBskyFeedDefsBlockedAuthor
}

export interface AppBskyFeedDefsBlockedAuthor {
  $type?: 'app.bsky.feed.defs#blockedAuthor'
  did: string
  viewer?: AppBskyActorDefsViewerState
}

export interface AppBskyFeedDefsGeneratorView {
  $type?: 'app.bsky.feed.defs#generatorView'
  uri: string
  cid: string
  did: string
  creator: AppBskyActorDefsProfileView
  displayName: string
  description?: string
  descriptionFacets?: AppBskyRichtextFacet[]
  avatar?: string
  likeCount?: number
  acceptsInteractions?: boolean
  labels?: ComAtprotoLabelDefsLabel[]
  viewer?: AppBskyFeedDefsGeneratorViewerState
  contentMode?: 'app.bsky.feed.defs#contentModeUnspecified' | 'app.bsky.feed.defs#contentModeVideo' | (string & {})
  indexedAt: string
}

export interface AppBskyFeedDefsGeneratorViewerState {
  $type?: 'app.bsky.feed.defs#generatorViewerState'
  like?: string
}

export interface AppBskyFeedDefsSkeletonFeedPost {
  $type?: 'app.bsky.feed.defs#skeletonFeedPost'
  post: string
  reason?: Typed<AppBskyFeedDefsSkeletonReasonRepost> | Typed<AppBskyFeedDefsSkeletonReasonPin>
  feedContext?: string
}

export interface AppBskyFeedDefsSkeletonReasonRepost {
  $type?: 'app.bsky.feed.defs#skeletonReasonRepost'
  repost: string
}

export interface AppBskyFeedDefsSkeletonReasonPin {
  $type?: 'app.bsky.feed.defs#skeletonReasonPin'
}

export interface AppBskyFeedDefsThreadgateView {
  $type?: 'app.bsky.feed.defs#threadgateView'
  uri?: string
  cid?: string
  record?: Record<string, unknown>
  lists?: AppBskyGraphDefsListViewBasic[]
}

export interface AppBskyFeedDefsInteraction {
  $type?: 'app.bsky.feed.defs#interaction'
  item?: string
  event?:
    | 'app.bsky.feed.defs#requestLess'
    | 'app.bsky.feed.defs#requestMore'
    | 'app.bsky.feed.defs#clickthroughItem'
    | 'app.bsky.feed.defs#clickthroughAuthor'
    | 'app.bsky.feed.defs#clickthroughReposter'
    | 'app.bsky.feed.defs#clickthroughEmbed'
    | 'app.bsky.feed.defs#interactionSeen'
    | 'app.bsky.feed.defs#interactionLike'
    | 'app.bsky.feed.defs#interactionRepost'
    | 'app.bsky.feed.defs#interactionReply'
    | 'app.bsky.feed.defs#interactionQuote'
    | 'app.bsky.feed.defs#interactionShare'
    | (string & {})
  feedContext?: string
  reqId?: string
}

export type AppBskyFeedDefsRequestLess = 'app.bsky.feed.defs#requestLess'

export type AppBskyFeedDefsRequestMore = 'app.bsky.feed.defs#requestMore'

export type AppBskyFeedDefsClickthroughItem = 'app.bsky.feed.defs#clickthroughItem'

export type AppBskyFeedDefsClickthroughAuthor = 'app.bsky.feed.defs#clickthroughAuthor'

export type AppBskyFeedDefsClickthroughReposter = 'app.bsky.feed.defs#clickthroughReposter'

export type AppBskyFeedDefsClickthroughEmbed = 'app.bsky.feed.defs#clickthroughEmbed'

export type AppBskyFeedDefsContentModeUnspecified = 'app.bsky.feed.defs#contentModeUnspecified'

export type AppBskyFeedDefsContentModeVideo = 'app.bsky.feed.defs#contentModeVideo'

export type AppBskyFeedDefsInteractionSeen = 'app.bsky.feed.defs#interactionSeen'

export type AppBskyFeedDefsInteractionLike = 'app.bsky.feed.defs#interactionLike'

export type AppBskyFeedDefsInteractionRepost = 'app.bsky.feed.defs#interactionRepost'

export type AppBskyFeedDefsInteractionReply = 'app.bsky.feed.defs#interactionReply'

export type AppBskyFeedDefsInteractionQuote = 'app.bsky.feed.defs#interactionQuote'

export type AppBskyFeedDefsInteractionShare = 'app.bsky.feed.defs#interactionShare'

export interface AppBskyFeedDescribeFeedGeneratorOutput {
  did: string
  feeds: AppBskyFeedDescribeFeedGeneratorFeed[]
  links?: AppBskyFeedDescribeFeedGeneratorLinks
}

export interface AppBskyFeedDescribeFeedGeneratorFeed {
  $type?: 'app.bsky.feed.describeFeedGenerator#feed'
  uri: string
}

export interface AppBskyFeedDescribeFeedGeneratorLinks {
  $type?: 'app.bsky.feed.describeFeedGenerator#links'
  privacyPolicy?: string
  termsOfService?: string
}

export interface AppBskyFeedGenerator {
  $type: 'app.bsky.feed.generator'
  did: string
  displayName: string
  description?: string
  descriptionFacets?: AppBskyRichtextFacet[]
  avatar?: LexBlob
  acceptsInteractions?: boolean
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  contentMode?: 'app.bsky.feed.defs#contentModeUnspecified' | 'app.bsky.feed.defs#contentModeVideo' | (string & {})
  createdAt: string
}

export interface AppBskyFeedGetActorFeedsParams {
  actor: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetActorFeedsOutput {
  cursor?: string
  feeds: AppBskyFeedDefsGeneratorView[]
}

export interface AppBskyFeedGetActorLikesParams {
  actor: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetActorLikesOutput {
  cursor?: string
  feed: AppBskyFeedDefsFeedViewPost[]
}

export interface AppBskyFeedGetAuthorFeedParams {
  actor: string
  limit: number
  cursor?: string
  filter:
    | 'posts_with_replies'
    | 'posts_no_replies'
    | 'posts_with_media'
    | 'posts_and_author_threads'
    | 'posts_with_video'
    | (string & {})
  includePins: boolean
}

export interface AppBskyFeedGetAuthorFeedOutput {
  cursor?: string
  feed: AppBskyFeedDefsFeedViewPost[]
}

export interface AppBskyFeedGetFeedParams {
  feed: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetFeedOutput {
  cursor?: string
  feed: AppBskyFeedDefsFeedViewPost[]
}

export interface AppBskyFeedGetFeedGeneratorParams {
  feed: string
}

export interface AppBskyFeedGetFeedGeneratorOutput {
  view: AppBskyFeedDefsGeneratorView
  isOnline: boolean
  isValid: boolean
}

export interface AppBskyFeedGetFeedGeneratorsParams {
  feeds: string[]
}

export interface AppBskyFeedGetFeedGeneratorsOutput {
  feeds: AppBskyFeedDefsGeneratorView[]
}

export interface AppBskyFeedGetFeedSkeletonParams {
  feed: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetFeedSkeletonOutput {
  cursor?: string
  feed: AppBskyFeedDefsSkeletonFeedPost[]
  reqId?: string
}

export interface AppBskyFeedGetLikesParams {
  uri: string
  cid?: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetLikesOutput {
  uri: string
  cid?: string
  cursor?: string
  likes: AppBskyFeedGetLikesLike[]
}

export interface AppBskyFeedGetLikesLike {
  $type?: 'app.bsky.feed.getLikes#like'
  indexedAt: string
  createdAt: string
  actor: AppBskyActorDefsProfileView
}

export interface AppBskyFeedGetListFeedParams {
  list: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetListFeedOutput {
  cursor?: string
  feed: AppBskyFeedDefsFeedViewPost[]
}

export interface AppBskyFeedGetPostThreadParams {
  uri: string
  depth: number
  parentHeight: number
}

export interface AppBskyFeedGetPostThreadOutput {
  thread: Typed<AppBskyFeedDefsThreadViewPost> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>
  threadgate?: AppBskyFeedDefsThreadgateView
}

export interface AppBskyFeedGetPostsParams {
  uris: string[]
}

export interface AppBskyFeedGetPostsOutput {
  posts: AppBskyFeedDefsPostView[]
}

export interface AppBskyFeedGetQuotesParams {
  uri: string
  cid?: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetQuotesOutput {
  uri: string
  cid?: string
  cursor?: string
  posts: AppBskyFeedDefsPostView[]
}

export interface AppBskyFeedGetRepostedByParams {
  uri: string
  cid?: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetRepostedByOutput {
  uri: string
  cid?: string
  cursor?: string
  repostedBy: AppBskyActorDefsProfileView[]
}

export interface AppBskyFeedGetSuggestedFeedsParams {
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetSuggestedFeedsOutput {
  cursor?: string
  feeds: AppBskyFeedDefsGeneratorView[]
}

export interface AppBskyFeedGetTimelineParams {
  algorithm?: string
  limit: number
  cursor?: string
}

export interface AppBskyFeedGetTimelineOutput {
  cursor?: string
  feed: AppBskyFeedDefsFeedViewPost[]
}

export interface AppBskyFeedLike {
  $type: 'app.bsky.feed.like'
  subject: ComAtprotoRepoStrongRef
  createdAt: string
  via?: ComAtprotoRepoStrongRef
}

export interface AppBskyFeedPost {
  $type: 'app.bsky.feed.post'
  text: string
  entities?: AppBskyFeedPostEntity[]
  facets?: AppBskyRichtextFacet[]
  reply?: AppBskyFeedPostReplyRef
  embed?:
    | Typed<AppBskyEmbedImages>
    | Typed<AppBskyEmbedVideo>
    | Typed<AppBskyEmbedGallery>
    | Typed<AppBskyEmbedExternal>
    | Typed<AppBskyEmbedRecord>
    | Typed<AppBskyEmbedRecordWithMedia>
  langs?: string[]
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  tags?: string[]
  createdAt: string
}

export interface AppBskyFeedPostReplyRef {
  $type?: 'app.bsky.feed.post#replyRef'
  root: ComAtprotoRepoStrongRef
  parent: ComAtprotoRepoStrongRef
}

export interface AppBskyFeedPostEntity {
  $type?: 'app.bsky.feed.post#entity'
  index: AppBskyFeedPostTextSlice
  type: string
  value: string
}

export interface AppBskyFeedPostTextSlice {
  $type?: 'app.bsky.feed.post#textSlice'
  start: number
  end: number
}

export interface AppBskyFeedPostgate {
  $type: 'app.bsky.feed.postgate'
  createdAt: string
  post: string
  detachedEmbeddingUris?: string[]
  embeddingRules?: Typed<AppBskyFeedPostgateDisableRule>[]
}

export interface AppBskyFeedPostgateDisableRule {
  $type?: 'app.bsky.feed.postgate#disableRule'
}

export interface AppBskyFeedRepost {
  $type: 'app.bsky.feed.repost'
  subject: ComAtprotoRepoStrongRef
  createdAt: string
  via?: ComAtprotoRepoStrongRef
}

export interface AppBskyFeedSearchPostsParams {
  q: string
  sort: 'top' | 'latest' | (string & {})
  since?: string
  until?: string
  mentions?: string
  author?: string
  lang?: string
  domain?: string
  url?: string
  tag?: string[]
  limit: number
  cursor?: string
}

export interface AppBskyFeedSearchPostsOutput {
  cursor?: string
  hitsTotal?: number
  posts: AppBskyFeedDefsPostView[]
}

export interface AppBskyFeedSearchPostsV2Params {
  cursor?: string
  limit: number
  query?: string
  sort?: 'recent' | 'top' | (string & {})
  authors?: string[]
  mentions?: string[]
  domains?: string[]
  urls?: string[]
  embeddedAtUris?: string[]
  hashtags?: string[]
  excludeAuthors?: string[]
  excludeMentions?: string[]
  excludeDomains?: string[]
  excludeUrls?: string[]
  excludeEmbeddedAtUris?: string[]
  excludeHashtags?: string[]
  since?: string
  until?: string
  allTime?: boolean
  languages?: string[]
  excludeLanguages?: string[]
  hasMedia?: boolean
  hasVideo?: boolean
  replyParentUri?: string
  threadRootUri?: string
  excludeReplies?: boolean
  repliesOnly?: boolean
  following?: boolean
  queryLanguage?: 'ja' | 'zh' | 'ko' | 'th' | 'ar' | (string & {})
}

export interface AppBskyFeedSearchPostsV2Output {
  cursor?: string
  hitsTotal?: number
  posts: AppBskyFeedDefsPostView[]
  detectedQueryLanguages?: ('ja' | 'zh' | 'ko' | 'th' | 'ar' | (string & {}))[]
}

export interface AppBskyFeedSendInteractionsInput {
  feed?: string
  interactions: AppBskyFeedDefsInteraction[]
}

export type AppBskyFeedSendInteractionsOutput = Empty

export interface AppBskyFeedThreadgate {
  $type: 'app.bsky.feed.threadgate'
  post: string
  allow?: (
    | Typed<AppBskyFeedThreadgateMentionRule>
    | Typed<AppBskyFeedThreadgateFollowerRule>
    | Typed<AppBskyFeedThreadgateFollowingRule>
    | Typed<AppBskyFeedThreadgateListRule>
  )[]
  createdAt: string
  hiddenReplies?: string[]
}

export interface AppBskyFeedThreadgateMentionRule {
  $type?: 'app.bsky.feed.threadgate#mentionRule'
}

export interface AppBskyFeedThreadgateFollowerRule {
  $type?: 'app.bsky.feed.threadgate#followerRule'
}

export interface AppBskyFeedThreadgateFollowingRule {
  $type?: 'app.bsky.feed.threadgate#followingRule'
}

export interface AppBskyFeedThreadgateListRule {
  $type?: 'app.bsky.feed.threadgate#listRule'
  list: string
}

export interface AppBskyGraphBlock {
  $type: 'app.bsky.graph.block'
  subject: string
  createdAt: string
}

export interface AppBskyGraphDefsListViewBasic {
  $type?: 'app.bsky.graph.defs#listViewBasic'
  uri: string
  cid: string
  name: string
  purpose: AppBskyGraphDefsListPurpose
  avatar?: string
  listItemCount?: number
  labels?: ComAtprotoLabelDefsLabel[]
  viewer?: AppBskyGraphDefsListViewerState
  indexedAt?: string
}

export interface AppBskyGraphDefsListView {
  $type?: 'app.bsky.graph.defs#listView'
  uri: string
  cid: string
  creator: AppBskyActorDefsProfileView
  name: string
  purpose: AppBskyGraphDefsListPurpose
  description?: string
  descriptionFacets?: AppBskyRichtextFacet[]
  avatar?: string
  listItemCount?: number
  labels?: ComAtprotoLabelDefsLabel[]
  viewer?: AppBskyGraphDefsListViewerState
  indexedAt: string
}

export interface AppBskyGraphDefsListItemView {
  $type?: 'app.bsky.graph.defs#listItemView'
  uri: string
  subject: AppBskyActorDefsProfileView
  subjectOptedOut?: true
}

export interface AppBskyGraphDefsStarterPackView {
  $type?: 'app.bsky.graph.defs#starterPackView'
  uri: string
  cid: string
  record: Record<string, unknown>
  creator: AppBskyActorDefsProfileViewBasic
  list?: AppBskyGraphDefsListViewBasic
  listItemsSample?: AppBskyGraphDefsListItemView[]
  feeds?: AppBskyFeedDefsGeneratorView[]
  joinedWeekCount?: number
  joinedAllTimeCount?: number
  labels?: ComAtprotoLabelDefsLabel[]
  indexedAt: string
}

export interface AppBskyGraphDefsStarterPackViewBasic {
  $type?: 'app.bsky.graph.defs#starterPackViewBasic'
  uri: string
  cid: string
  record: Record<string, unknown>
  creator: AppBskyActorDefsProfileViewBasic
  listItemCount?: number
  joinedWeekCount?: number
  joinedAllTimeCount?: number
  labels?: ComAtprotoLabelDefsLabel[]
  indexedAt: string
}

export type AppBskyGraphDefsListPurpose =
  'app.bsky.graph.defs#modlist' | 'app.bsky.graph.defs#curatelist' | 'app.bsky.graph.defs#referencelist' | (string & {})

export type AppBskyGraphDefsModlist = 'app.bsky.graph.defs#modlist'

export type AppBskyGraphDefsCuratelist = 'app.bsky.graph.defs#curatelist'

export type AppBskyGraphDefsReferencelist = 'app.bsky.graph.defs#referencelist'

export interface AppBskyGraphDefsListViewerState {
  $type?: 'app.bsky.graph.defs#listViewerState'
  muted?: boolean
  blocked?: string
  referenceListOptOut?: string
}

export interface AppBskyGraphDefsNotFoundActor {
  $type?: 'app.bsky.graph.defs#notFoundActor'
  actor: string
  notFound: true
}

export interface AppBskyGraphDefsRelationship {
  $type?: 'app.bsky.graph.defs#relationship'
  did: string
  following?: string
  followedBy?: string
  blocking?: string
  blockedBy?: string
  blockingByList?: string
  blockedByList?: string
}

export interface AppBskyGraphFollow {
  $type: 'app.bsky.graph.follow'
  subject: string
  createdAt: string
  via?: ComAtprotoRepoStrongRef
}

export interface AppBskyGraphGetActorStarterPacksParams {
  actor: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetActorStarterPacksOutput {
  cursor?: string
  starterPacks: AppBskyGraphDefsStarterPackViewBasic[]
}

export interface AppBskyGraphGetBlocksParams {
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetBlocksOutput {
  cursor?: string
  blocks: AppBskyActorDefsProfileView[]
}

export interface AppBskyGraphGetFollowersParams {
  actor: string
  limit: number
  cursor?: string
  sort?: 'latest' | 'top' | (string & {})
}

export interface AppBskyGraphGetFollowersOutput {
  subject: AppBskyActorDefsProfileView
  cursor?: string
  followers: AppBskyActorDefsProfileView[]
}

export interface AppBskyGraphGetFollowsParams {
  actor: string
  limit: number
  cursor?: string
  sort?: 'latest' | 'top' | (string & {})
}

export interface AppBskyGraphGetFollowsOutput {
  subject: AppBskyActorDefsProfileView
  cursor?: string
  follows: AppBskyActorDefsProfileView[]
}

export interface AppBskyGraphGetKnownFollowersParams {
  actor: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetKnownFollowersOutput {
  subject: AppBskyActorDefsProfileView
  cursor?: string
  followers: AppBskyActorDefsProfileView[]
}

export interface AppBskyGraphGetListParams {
  list: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetListOutput {
  cursor?: string
  list: AppBskyGraphDefsListView
  items: AppBskyGraphDefsListItemView[]
}

export interface AppBskyGraphGetListBlocksParams {
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetListBlocksOutput {
  cursor?: string
  lists: AppBskyGraphDefsListView[]
}

export interface AppBskyGraphGetListMutesParams {
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetListMutesOutput {
  cursor?: string
  lists: AppBskyGraphDefsListView[]
}

export interface AppBskyGraphGetListsParams {
  actor: string
  limit: number
  cursor?: string
  purposes?: ('modlist' | 'curatelist' | (string & {}))[]
}

export interface AppBskyGraphGetListsOutput {
  cursor?: string
  lists: AppBskyGraphDefsListView[]
}

export interface AppBskyGraphGetListsWithMembershipParams {
  actor: string
  limit: number
  cursor?: string
  purposes?: ('modlist' | 'curatelist' | (string & {}))[]
}

export interface AppBskyGraphGetListsWithMembershipOutput {
  cursor?: string
  listsWithMembership: AppBskyGraphGetListsWithMembershipListWithMembership[]
}

export interface AppBskyGraphGetListsWithMembershipListWithMembership {
  $type?: 'app.bsky.graph.getListsWithMembership#listWithMembership'
  list: AppBskyGraphDefsListView
  listItem?: AppBskyGraphDefsListItemView
}

export interface AppBskyGraphGetMutesParams {
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetMutesOutput {
  cursor?: string
  mutes: AppBskyActorDefsProfileView[]
}

export interface AppBskyGraphGetRelationshipsParams {
  actor: string
  others?: string[]
}

export interface AppBskyGraphGetRelationshipsOutput {
  actor?: string
  relationships: (Typed<AppBskyGraphDefsRelationship> | Typed<AppBskyGraphDefsNotFoundActor>)[]
}

export interface AppBskyGraphGetStarterPackParams {
  starterPack: string
}

export interface AppBskyGraphGetStarterPackOutput {
  starterPack: AppBskyGraphDefsStarterPackView
}

export interface AppBskyGraphGetStarterPacksParams {
  uris: string[]
}

export interface AppBskyGraphGetStarterPacksOutput {
  starterPacks: AppBskyGraphDefsStarterPackViewBasic[]
}

export interface AppBskyGraphGetStarterPacksWithMembershipParams {
  actor: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphGetStarterPacksWithMembershipOutput {
  cursor?: string
  starterPacksWithMembership: AppBskyGraphGetStarterPacksWithMembershipStarterPackWithMembership[]
}

export interface AppBskyGraphGetStarterPacksWithMembershipStarterPackWithMembership {
  $type?: 'app.bsky.graph.getStarterPacksWithMembership#starterPackWithMembership'
  starterPack: AppBskyGraphDefsStarterPackView
  listItem?: AppBskyGraphDefsListItemView
}

export interface AppBskyGraphGetSuggestedFollowsByActorParams {
  actor: string
}

export interface AppBskyGraphGetSuggestedFollowsByActorOutput {
  suggestions: AppBskyActorDefsProfileView[]
  recIdStr?: string
  isFallback?: boolean
  recId?: number
}

export interface AppBskyGraphList {
  $type: 'app.bsky.graph.list'
  purpose: AppBskyGraphDefsListPurpose
  name: string
  description?: string
  descriptionFacets?: AppBskyRichtextFacet[]
  avatar?: LexBlob
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  createdAt: string
}

export interface AppBskyGraphListblock {
  $type: 'app.bsky.graph.listblock'
  subject: string
  createdAt: string
}

export interface AppBskyGraphListitem {
  $type: 'app.bsky.graph.listitem'
  subject: string
  list: string
  createdAt: string
}

export interface AppBskyGraphMuteActorInput {
  actor: string
  onlyReposts?: boolean
  onlyQuoteposts?: boolean
}

export interface AppBskyGraphMuteActorListInput {
  list: string
}

export interface AppBskyGraphMuteThreadInput {
  root: string
}

export interface AppBskyGraphReferencelistoptout {
  $type: 'app.bsky.graph.referencelistoptout'
  subject: string
  createdAt: string
}

export interface AppBskyGraphSearchStarterPacksParams {
  q: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphSearchStarterPacksOutput {
  cursor?: string
  starterPacks: AppBskyGraphDefsStarterPackViewBasic[]
}

export interface AppBskyGraphSearchStarterPacksV2Params {
  q: string
  limit: number
  cursor?: string
}

export interface AppBskyGraphSearchStarterPacksV2Output {
  cursor?: string
  hitsTotal?: number
  starterPacks: AppBskyGraphDefsStarterPackView[]
}

export interface AppBskyGraphStarterpack {
  $type: 'app.bsky.graph.starterpack'
  name: string
  description?: string
  descriptionFacets?: AppBskyRichtextFacet[]
  list: string
  feeds?: AppBskyGraphStarterpackFeedItem[]
  createdAt: string
}

export interface AppBskyGraphStarterpackFeedItem {
  $type?: 'app.bsky.graph.starterpack#feedItem'
  uri: string
}

export interface AppBskyGraphUnmuteActorInput {
  actor: string
}

export interface AppBskyGraphUnmuteActorListInput {
  list: string
}

export interface AppBskyGraphUnmuteThreadInput {
  root: string
}

export interface AppBskyGraphVerification {
  $type: 'app.bsky.graph.verification'
  subject: string
  handle: string
  displayName: string
  createdAt: string
}

export interface AppBskyLabelerDefsLabelerView {
  $type?: 'app.bsky.labeler.defs#labelerView'
  uri: string
  cid: string
  creator: AppBskyActorDefsProfileView
  likeCount?: number
  viewer?: AppBskyLabelerDefsLabelerViewerState
  indexedAt: string
  labels?: ComAtprotoLabelDefsLabel[]
}

export interface AppBskyLabelerDefsLabelerViewDetailed {
  $type?: 'app.bsky.labeler.defs#labelerViewDetailed'
  uri: string
  cid: string
  creator: AppBskyActorDefsProfileView
  policies: AppBskyLabelerDefsLabelerPolicies
  likeCount?: number
  viewer?: AppBskyLabelerDefsLabelerViewerState
  indexedAt: string
  labels?: ComAtprotoLabelDefsLabel[]
  reasonTypes?: ComAtprotoModerationDefsReasonType[]
  subjectTypes?: ComAtprotoModerationDefsSubjectType[]
  subjectCollections?: string[]
}

export interface AppBskyLabelerDefsLabelerViewerState {
  $type?: 'app.bsky.labeler.defs#labelerViewerState'
  like?: string
}

export interface AppBskyLabelerDefsLabelerPolicies {
  $type?: 'app.bsky.labeler.defs#labelerPolicies'
  labelValues: ComAtprotoLabelDefsLabelValue[]
  labelValueDefinitions?: ComAtprotoLabelDefsLabelValueDefinition[]
}

export interface AppBskyLabelerGetServicesParams {
  dids: string[]
  detailed: boolean
}

export interface AppBskyLabelerGetServicesOutput {
  views: (Typed<AppBskyLabelerDefsLabelerView> | Typed<AppBskyLabelerDefsLabelerViewDetailed>)[]
}

export interface AppBskyLabelerService {
  $type: 'app.bsky.labeler.service'
  policies: AppBskyLabelerDefsLabelerPolicies
  labels?: Typed<ComAtprotoLabelDefsSelfLabels>
  createdAt: string
  reasonTypes?: ComAtprotoModerationDefsReasonType[]
  subjectTypes?: ComAtprotoModerationDefsSubjectType[]
  subjectCollections?: string[]
}

export interface AppBskyNotificationDeclaration {
  $type: 'app.bsky.notification.declaration'
  allowSubscriptions: 'followers' | 'mutuals' | 'none' | (string & {})
}

export interface AppBskyNotificationDefsRecordDeleted {
  $type?: 'app.bsky.notification.defs#recordDeleted'
}

export interface AppBskyNotificationDefsChatPreference {
  $type?: 'app.bsky.notification.defs#chatPreference'
  include: 'all' | 'accepted' | (string & {})
  push: boolean
}

export interface AppBskyNotificationDefsFilterablePreference {
  $type?: 'app.bsky.notification.defs#filterablePreference'
  include: 'all' | 'follows' | (string & {})
  list: boolean
  push: boolean
}

export interface AppBskyNotificationDefsPreference {
  $type?: 'app.bsky.notification.defs#preference'
  list: boolean
  push: boolean
}

export interface AppBskyNotificationDefsPreferences {
  $type?: 'app.bsky.notification.defs#preferences'
  chat: AppBskyNotificationDefsChatPreference
  follow: AppBskyNotificationDefsFilterablePreference
  like: AppBskyNotificationDefsFilterablePreference
  likeViaRepost: AppBskyNotificationDefsFilterablePreference
  mention: AppBskyNotificationDefsFilterablePreference
  quote: AppBskyNotificationDefsFilterablePreference
  reply: AppBskyNotificationDefsFilterablePreference
  repost: AppBskyNotificationDefsFilterablePreference
  repostViaRepost: AppBskyNotificationDefsFilterablePreference
  starterpackJoined: AppBskyNotificationDefsPreference
  subscribedPost: AppBskyNotificationDefsPreference
  unverified: AppBskyNotificationDefsPreference
  verified: AppBskyNotificationDefsPreference
}

export interface AppBskyNotificationDefsActivitySubscription {
  $type?: 'app.bsky.notification.defs#activitySubscription'
  post: boolean
  reply: boolean
}

export interface AppBskyNotificationDefsSubjectActivitySubscription {
  $type?: 'app.bsky.notification.defs#subjectActivitySubscription'
  subject: string
  activitySubscription: AppBskyNotificationDefsActivitySubscription
}

export type AppBskyNotificationGetPreferencesParams = Empty

export interface AppBskyNotificationGetPreferencesOutput {
  preferences: AppBskyNotificationDefsPreferences
}

export interface AppBskyNotificationGetUnreadCountParams {
  priority?: boolean
  seenAt?: string
}

export interface AppBskyNotificationGetUnreadCountOutput {
  count: number
}

export interface AppBskyNotificationListActivitySubscriptionsParams {
  limit: number
  cursor?: string
}

export interface AppBskyNotificationListActivitySubscriptionsOutput {
  cursor?: string
  subscriptions: AppBskyActorDefsProfileView[]
}

export interface AppBskyNotificationListNotificationsParams {
  reasons?: string[]
  limit: number
  priority?: boolean
  cursor?: string
  seenAt?: string
}

export interface AppBskyNotificationListNotificationsOutput {
  cursor?: string
  notifications: AppBskyNotificationListNotificationsNotification[]
  priority?: boolean
  seenAt?: string
}

export interface AppBskyNotificationListNotificationsNotification {
  $type?: 'app.bsky.notification.listNotifications#notification'
  uri: string
  cid: string
  author: AppBskyActorDefsProfileView
  reason:
    | 'like'
    | 'repost'
    | 'follow'
    | 'mention'
    | 'reply'
    | 'quote'
    | 'starterpack-joined'
    | 'verified'
    | 'unverified'
    | 'like-via-repost'
    | 'repost-via-repost'
    | 'subscribed-post'
    | 'contact-match'
    | (string & {})
  reasonSubject?: string
  record: Record<string, unknown>
  starterPack?: AppBskyGraphDefsStarterPackViewBasic
  isRead: boolean
  indexedAt: string
  labels?: ComAtprotoLabelDefsLabel[]
}

export interface AppBskyNotificationPutActivitySubscriptionInput {
  subject: string
  activitySubscription: AppBskyNotificationDefsActivitySubscription
}

export interface AppBskyNotificationPutActivitySubscriptionOutput {
  subject: string
  activitySubscription?: AppBskyNotificationDefsActivitySubscription
}

export interface AppBskyNotificationPutPreferencesInput {
  priority: boolean
}

export interface AppBskyNotificationPutPreferencesV2Input {
  chat?: AppBskyNotificationDefsChatPreference
  follow?: AppBskyNotificationDefsFilterablePreference
  like?: AppBskyNotificationDefsFilterablePreference
  likeViaRepost?: AppBskyNotificationDefsFilterablePreference
  mention?: AppBskyNotificationDefsFilterablePreference
  quote?: AppBskyNotificationDefsFilterablePreference
  reply?: AppBskyNotificationDefsFilterablePreference
  repost?: AppBskyNotificationDefsFilterablePreference
  repostViaRepost?: AppBskyNotificationDefsFilterablePreference
  starterpackJoined?: AppBskyNotificationDefsPreference
  subscribedPost?: AppBskyNotificationDefsPreference
  unverified?: AppBskyNotificationDefsPreference
  verified?: AppBskyNotificationDefsPreference
}

export interface AppBskyNotificationPutPreferencesV2Output {
  preferences: AppBskyNotificationDefsPreferences
}

export interface AppBskyNotificationRegisterPushInput {
  serviceDid: string
  token: string
  platform: 'ios' | 'android' | 'web' | (string & {})
  appId: string
  ageRestricted?: boolean
}

export interface AppBskyNotificationUnregisterPushInput {
  serviceDid: string
  token: string
  platform: 'ios' | 'android' | 'web' | (string & {})
  appId: string
}

export interface AppBskyNotificationUpdateSeenInput {
  seenAt: string
}

export interface AppBskyRichtextFacet {
  $type?: 'app.bsky.richtext.facet'
  index: AppBskyRichtextFacetByteSlice
  features: (Typed<AppBskyRichtextFacetMention> | Typed<AppBskyRichtextFacetLink> | Typed<AppBskyRichtextFacetTag>)[]
}

export interface AppBskyRichtextFacetMention {
  $type?: 'app.bsky.richtext.facet#mention'
  did: string
}

export interface AppBskyRichtextFacetLink {
  $type?: 'app.bsky.richtext.facet#link'
  uri: string
}

export interface AppBskyRichtextFacetTag {
  $type?: 'app.bsky.richtext.facet#tag'
  tag: string
}

export interface AppBskyRichtextFacetByteSlice {
  $type?: 'app.bsky.richtext.facet#byteSlice'
  byteStart: number
  byteEnd: number
}

export interface AppBskyUnspeccedDefsSkeletonSearchPost {
  $type?: 'app.bsky.unspecced.defs#skeletonSearchPost'
  uri: string
}

export interface AppBskyUnspeccedDefsSkeletonSearchActor {
  $type?: 'app.bsky.unspecced.defs#skeletonSearchActor'
  did: string
}

export interface AppBskyUnspeccedDefsSkeletonSearchStarterPack {
  $type?: 'app.bsky.unspecced.defs#skeletonSearchStarterPack'
  uri: string
}

export interface AppBskyUnspeccedDefsTrendingTopic {
  $type?: 'app.bsky.unspecced.defs#trendingTopic'
  topic: string
  displayName?: string
  description?: string
  link: string
}

export interface AppBskyUnspeccedDefsSkeletonTrend {
  $type?: 'app.bsky.unspecced.defs#skeletonTrend'
  topic: string
  displayName: string
  description?: string
  link: string
  startedAt: string
  postCount: number
  status?: 'hot' | (string & {})
  category?: string
  dids: string[]
}

export interface AppBskyUnspeccedDefsTrendView {
  $type?: 'app.bsky.unspecced.defs#trendView'
  topic: string
  displayName: string
  description?: string
  link: string
  startedAt: string
  postCount: number
  status?: 'hot' | (string & {})
  category?: string
  actors: AppBskyActorDefsProfileViewBasic[]
}

export interface AppBskyUnspeccedDefsThreadItemPost {
  $type?: 'app.bsky.unspecced.defs#threadItemPost'
  post: AppBskyFeedDefsPostView
  moreParents: boolean
  moreReplies: number
  opThread: boolean
  opThreadPostIndex?: number
  opThreadPostCount?: number
  hiddenByThreadgate: boolean
  mutedByViewer: boolean
}

export interface AppBskyUnspeccedDefsThreadItemNoUnauthenticated {
  $type?: 'app.bsky.unspecced.defs#threadItemNoUnauthenticated'
}

export interface AppBskyUnspeccedDefsThreadItemNotFound {
  $type?: 'app.bsky.unspecced.defs#threadItemNotFound'
}

export interface AppBskyUnspeccedDefsThreadItemBlocked {
  $type?: 'app.bsky.unspecced.defs#threadItemBlocked'
  author: AppBskyFeedDefsBlockedAuthor
}

export interface AppBskyUnspeccedDefsAgeAssuranceState {
  $type?: 'app.bsky.unspecced.defs#ageAssuranceState'
  lastInitiatedAt?: string
  status: 'unknown' | 'pending' | 'assured' | 'blocked' | (string & {})
}

export interface AppBskyUnspeccedDefsAgeAssuranceEvent {
  $type?: 'app.bsky.unspecced.defs#ageAssuranceEvent'
  createdAt: string
  status: 'unknown' | 'pending' | 'assured' | (string & {})
  attemptId: string
  email?: string
  initIp?: string
  initUa?: string
  completeIp?: string
  completeUa?: string
}

export type AppBskyUnspeccedGetAgeAssuranceStateOutput = AppBskyUnspeccedDefsAgeAssuranceState

export interface AppBskyUnspeccedGetConfigOutput {
  checkEmailConfirmed?: boolean
  liveNow?: AppBskyUnspeccedGetConfigLiveNowConfig[]
}

export interface AppBskyUnspeccedGetConfigLiveNowConfig {
  $type?: 'app.bsky.unspecced.getConfig#liveNowConfig'
  did: string
  domains: string[]
}

export interface AppBskyUnspeccedGetOnboardingSuggestedStarterPacksParams {
  limit: number
}

export interface AppBskyUnspeccedGetOnboardingSuggestedStarterPacksOutput {
  starterPacks: AppBskyGraphDefsStarterPackView[]
}

export interface AppBskyUnspeccedGetOnboardingSuggestedStarterPacksSkeletonParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetOnboardingSuggestedStarterPacksSkeletonOutput {
  starterPacks: string[]
}

export interface AppBskyUnspeccedGetOnboardingSuggestedUsersSkeletonParams {
  viewer?: string
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetOnboardingSuggestedUsersSkeletonOutput {
  dids: string[]
  recId?: string
  recIdStr?: string
}

export interface AppBskyUnspeccedGetPopularFeedGeneratorsParams {
  limit: number
  cursor?: string
  query?: string
}

export interface AppBskyUnspeccedGetPopularFeedGeneratorsOutput {
  cursor?: string
  feeds: AppBskyFeedDefsGeneratorView[]
}

export interface AppBskyUnspeccedGetPostThreadOtherV2Params {
  anchor: string
}

export interface AppBskyUnspeccedGetPostThreadOtherV2Output {
  thread: AppBskyUnspeccedGetPostThreadOtherV2ThreadItem[]
}

export interface AppBskyUnspeccedGetPostThreadOtherV2ThreadItem {
  $type?: 'app.bsky.unspecced.getPostThreadOtherV2#threadItem'
  uri: string
  depth: number
  value: Typed<AppBskyUnspeccedDefsThreadItemPost>
}

export interface AppBskyUnspeccedGetPostThreadV2Params {
  anchor: string
  above: boolean
  below: number
  branchingFactor: number
  sort: 'newest' | 'oldest' | 'top' | (string & {})
}

export interface AppBskyUnspeccedGetPostThreadV2Output {
  thread: AppBskyUnspeccedGetPostThreadV2ThreadItem[]
  threadgate?: AppBskyFeedDefsThreadgateView
  hasOtherReplies: boolean
}

export interface AppBskyUnspeccedGetPostThreadV2ThreadItem {
  $type?: 'app.bsky.unspecced.getPostThreadV2#threadItem'
  uri: string
  depth: number
  value:
    | Typed<AppBskyUnspeccedDefsThreadItemPost>
    | Typed<AppBskyUnspeccedDefsThreadItemNoUnauthenticated>
    | Typed<AppBskyUnspeccedDefsThreadItemNotFound>
    | Typed<AppBskyUnspeccedDefsThreadItemBlocked>
}

export interface AppBskyUnspeccedGetSuggestedFeedsParams {
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedFeedsOutput {
  feeds: AppBskyFeedDefsGeneratorView[]
}

export interface AppBskyUnspeccedGetSuggestedFeedsSkeletonParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedFeedsSkeletonOutput {
  feeds: string[]
}

export interface AppBskyUnspeccedGetSuggestedOnboardingUsersParams {
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedOnboardingUsersOutput {
  actors: AppBskyActorDefsProfileView[]
  recId?: string
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedStarterPacksParams {
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedStarterPacksOutput {
  starterPacks: AppBskyGraphDefsStarterPackView[]
}

export interface AppBskyUnspeccedGetSuggestedStarterPacksSkeletonParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedStarterPacksSkeletonOutput {
  starterPacks: string[]
}

export interface AppBskyUnspeccedGetSuggestedUsersParams {
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersOutput {
  actors: AppBskyActorDefsProfileView[]
  recId?: string
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForDiscoverParams {
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForDiscoverOutput {
  actors: AppBskyActorDefsProfileView[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForDiscoverSkeletonParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForDiscoverSkeletonOutput {
  dids: string[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForExploreParams {
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForExploreOutput {
  actors: AppBskyActorDefsProfileView[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForExploreSkeletonParams {
  viewer?: string
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForExploreSkeletonOutput {
  dids: string[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForSeeMoreParams {
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForSeeMoreOutput {
  actors: AppBskyActorDefsProfileView[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersForSeeMoreSkeletonParams {
  viewer?: string
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersForSeeMoreSkeletonOutput {
  dids: string[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestedUsersSkeletonParams {
  viewer?: string
  category?: string
  limit: number
}

export interface AppBskyUnspeccedGetSuggestedUsersSkeletonOutput {
  dids: string[]
  recId?: string
  recIdStr?: string
}

export interface AppBskyUnspeccedGetSuggestionsSkeletonParams {
  viewer?: string
  limit: number
  cursor?: string
  relativeToDid?: string
}

export interface AppBskyUnspeccedGetSuggestionsSkeletonOutput {
  cursor?: string
  actors: AppBskyUnspeccedDefsSkeletonSearchActor[]
  relativeToDid?: string
  recId?: number
  recIdStr?: string
}

export type AppBskyUnspeccedGetTaggedSuggestionsParams = Empty

export interface AppBskyUnspeccedGetTaggedSuggestionsOutput {
  suggestions: AppBskyUnspeccedGetTaggedSuggestionsSuggestion[]
}

export interface AppBskyUnspeccedGetTaggedSuggestionsSuggestion {
  $type?: 'app.bsky.unspecced.getTaggedSuggestions#suggestion'
  tag: string
  subjectType: 'actor' | 'feed' | (string & {})
  subject: string
}

export interface AppBskyUnspeccedGetTrendingTopicsParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetTrendingTopicsOutput {
  topics: AppBskyUnspeccedDefsTrendingTopic[]
  suggested: AppBskyUnspeccedDefsTrendingTopic[]
}

export interface AppBskyUnspeccedGetTrendsParams {
  limit: number
}

export interface AppBskyUnspeccedGetTrendsOutput {
  trends: AppBskyUnspeccedDefsTrendView[]
  recIdStr?: string
}

export interface AppBskyUnspeccedGetTrendsSkeletonParams {
  viewer?: string
  limit: number
}

export interface AppBskyUnspeccedGetTrendsSkeletonOutput {
  trends: AppBskyUnspeccedDefsSkeletonTrend[]
  recIdStr?: string
}

export interface AppBskyUnspeccedInitAgeAssuranceInput {
  email: string
  language: string
  countryCode: string
}

export type AppBskyUnspeccedInitAgeAssuranceOutput = AppBskyUnspeccedDefsAgeAssuranceState

export interface AppBskyUnspeccedSearchActorsSkeletonParams {
  q: string
  viewer?: string
  typeahead?: boolean
  limit: number
  cursor?: string
}

export interface AppBskyUnspeccedSearchActorsSkeletonOutput {
  cursor?: string
  hitsTotal?: number
  actors: AppBskyUnspeccedDefsSkeletonSearchActor[]
}

export interface AppBskyUnspeccedSearchPostsSkeletonParams {
  q: string
  sort: 'top' | 'latest' | (string & {})
  since?: string
  until?: string
  mentions?: string
  author?: string
  lang?: string
  domain?: string
  url?: string
  tag?: string[]
  viewer?: string
  limit: number
  cursor?: string
}

export interface AppBskyUnspeccedSearchPostsSkeletonOutput {
  cursor?: string
  hitsTotal?: number
  posts: AppBskyUnspeccedDefsSkeletonSearchPost[]
}

export interface AppBskyUnspeccedSearchStarterPacksSkeletonParams {
  q: string
  viewer?: string
  limit: number
  cursor?: string
}

export interface AppBskyUnspeccedSearchStarterPacksSkeletonOutput {
  cursor?: string
  hitsTotal?: number
  starterPacks: AppBskyUnspeccedDefsSkeletonSearchStarterPack[]
}

export interface AppBskyVideoAbortUploadInput {
  jobId: string
}

export interface AppBskyVideoAbortUploadOutput {
  state: 'aborted' | 'completed' | 'failed' | 'expired' | (string & {})
  completedJobId?: string
  failureReason?: string
}

export interface AppBskyVideoDefsJobStatus {
  $type?: 'app.bsky.video.defs#jobStatus'
  jobId: string
  did: string
  state:
    | 'JOB_STATE_CREATED'
    | 'JOB_STATE_ENCODING'
    | 'JOB_STATE_ENCODED'
    | 'JOB_STATE_SCANNING'
    | 'JOB_STATE_SCANNED'
    | 'JOB_STATE_UPLOADING'
    | 'JOB_STATE_UPLOADED'
    | 'JOB_STATE_COMPLETED'
    | 'JOB_STATE_FAILED'
    | (string & {})
  progress?: number
  blob?: LexBlob
  error?: string
  failureCode?:
    | 'validation_failure'
    | 'encoding_failure'
    | 'pds_upload_failure'
    | 'pds_upload_unsupported_blob_size'
    | 'generic_failure'
    | (string & {})
  message?: string
}

export interface AppBskyVideoFinishUploadInput {
  jobId: string
}

export interface AppBskyVideoFinishUploadOutput {
  completedJobId: string
  jobStatus: AppBskyVideoDefsJobStatus
}

export interface AppBskyVideoGetJobStatusParams {
  jobId: string
}

export interface AppBskyVideoGetJobStatusOutput {
  jobStatus: AppBskyVideoDefsJobStatus
}

export interface AppBskyVideoGetUploadLimitsOutput {
  canUpload: boolean
  remainingDailyVideos?: number
  remainingDailyBytes?: number
  message?: string
  error?: string
}

export interface AppBskyVideoGetUploadStatusParams {
  jobId: string
}

export interface AppBskyVideoGetUploadStatusOutput {
  jobId: string
  partSizeBytes: number
  partCount: number
  receivedParts: number[]
  expiresAt: string
  state: 'created' | 'finishing' | 'completed' | 'failed' | 'aborted' | 'expired' | (string & {})
  completedJobId?: string
  jobStatus?: AppBskyVideoDefsJobStatus
  failureReason?: string
}

export interface AppBskyVideoStartUploadInput {
  sizeBytes: number
  mimeType: string
  name?: string
  durationMs?: number
  width?: number
  height?: number
}

export interface AppBskyVideoStartUploadOutput {
  jobId: string
  partSizeBytes: number
  partCount: number
  expiresAt: string
}

export interface AppBskyVideoUploadPartParams {
  jobId: string
  partNumber: number
}

export interface AppBskyVideoUploadPartOutput {
  partNumber: number
  sizeBytes: number
}

export interface AppBskyVideoUploadVideoOutput {
  jobStatus: AppBskyVideoDefsJobStatus
}

export interface ChatBskyActorDeclaration {
  $type: 'chat.bsky.actor.declaration'
  allowIncoming: 'all' | 'none' | 'following' | (string & {})
  allowGroupInvites?: 'all' | 'none' | 'following' | (string & {})
}

export interface ComAtprotoAdminDefsStatusAttr {
  $type?: 'com.atproto.admin.defs#statusAttr'
  applied: boolean
  ref?: string
}

export interface ComAtprotoAdminDefsAccountView {
  $type?: 'com.atproto.admin.defs#accountView'
  did: string
  handle: string
  email?: string
  relatedRecords?: Record<string, unknown>[]
  indexedAt: string
  invitedBy?: ComAtprotoServerDefsInviteCode
  invites?: ComAtprotoServerDefsInviteCode[]
  invitesDisabled?: boolean
  emailConfirmedAt?: string
  inviteNote?: string
  deactivatedAt?: string
  threatSignatures?: ComAtprotoAdminDefsThreatSignature[]
}

export interface ComAtprotoAdminDefsRepoRef {
  $type?: 'com.atproto.admin.defs#repoRef'
  did: string
}

export interface ComAtprotoAdminDefsRepoBlobRef {
  $type?: 'com.atproto.admin.defs#repoBlobRef'
  did: string
  cid: string
  recordUri?: string
}

export interface ComAtprotoAdminDefsThreatSignature {
  $type?: 'com.atproto.admin.defs#threatSignature'
  property: string
  value: string
}

export interface ComAtprotoAdminDeleteAccountInput {
  did: string
}

export interface ComAtprotoAdminDisableAccountInvitesInput {
  account: string
  note?: string
}

export interface ComAtprotoAdminDisableInviteCodesInput {
  codes?: string[]
  accounts?: string[]
}

export interface ComAtprotoAdminEnableAccountInvitesInput {
  account: string
  note?: string
}

export interface ComAtprotoAdminGetAccountInfoParams {
  did: string
}

export type ComAtprotoAdminGetAccountInfoOutput = ComAtprotoAdminDefsAccountView

export interface ComAtprotoAdminGetAccountInfosParams {
  dids: string[]
}

export interface ComAtprotoAdminGetAccountInfosOutput {
  infos: ComAtprotoAdminDefsAccountView[]
}

export interface ComAtprotoAdminGetInviteCodesParams {
  sort: 'recent' | 'usage' | (string & {})
  limit: number
  cursor?: string
}

export interface ComAtprotoAdminGetInviteCodesOutput {
  cursor?: string
  codes: ComAtprotoServerDefsInviteCode[]
}

export interface ComAtprotoAdminGetSubjectStatusParams {
  did?: string
  uri?: string
  blob?: string
}

export interface ComAtprotoAdminGetSubjectStatusOutput {
  subject: Typed<ComAtprotoAdminDefsRepoRef> | Typed<ComAtprotoRepoStrongRef> | Typed<ComAtprotoAdminDefsRepoBlobRef>
  takedown?: ComAtprotoAdminDefsStatusAttr
  deactivated?: ComAtprotoAdminDefsStatusAttr
}

export interface ComAtprotoAdminSearchAccountsParams {
  email?: string
  cursor?: string
  limit: number
}

export interface ComAtprotoAdminSearchAccountsOutput {
  cursor?: string
  accounts: ComAtprotoAdminDefsAccountView[]
}

export interface ComAtprotoAdminSendEmailInput {
  recipientDid: string
  content: string
  subject?: string
  senderDid: string
  comment?: string
}

export interface ComAtprotoAdminSendEmailOutput {
  sent: boolean
}

export interface ComAtprotoAdminUpdateAccountEmailInput {
  account: string
  email: string
}

export interface ComAtprotoAdminUpdateAccountHandleInput {
  did: string
  handle: string
}

export interface ComAtprotoAdminUpdateAccountPasswordInput {
  did: string
  password: string
}

export interface ComAtprotoAdminUpdateAccountSigningKeyInput {
  did: string
  signingKey: string
}

export interface ComAtprotoAdminUpdateSubjectStatusInput {
  subject: Typed<ComAtprotoAdminDefsRepoRef> | Typed<ComAtprotoRepoStrongRef> | Typed<ComAtprotoAdminDefsRepoBlobRef>
  takedown?: ComAtprotoAdminDefsStatusAttr
  deactivated?: ComAtprotoAdminDefsStatusAttr
}

export interface ComAtprotoAdminUpdateSubjectStatusOutput {
  subject: Typed<ComAtprotoAdminDefsRepoRef> | Typed<ComAtprotoRepoStrongRef> | Typed<ComAtprotoAdminDefsRepoBlobRef>
  takedown?: ComAtprotoAdminDefsStatusAttr
}

export interface ComAtprotoIdentityDefsIdentityInfo {
  $type?: 'com.atproto.identity.defs#identityInfo'
  did: string
  handle: string
  didDoc: Record<string, unknown>
}

export interface ComAtprotoIdentityGetRecommendedDidCredentialsOutput {
  rotationKeys?: string[]
  alsoKnownAs?: string[]
  verificationMethods?: Record<string, unknown>
  services?: Record<string, unknown>
}

export interface ComAtprotoIdentityRefreshIdentityInput {
  identifier: string
}

export type ComAtprotoIdentityRefreshIdentityOutput = ComAtprotoIdentityDefsIdentityInfo

export interface ComAtprotoIdentityResolveDidParams {
  did: string
}

export interface ComAtprotoIdentityResolveDidOutput {
  didDoc: Record<string, unknown>
}

export interface ComAtprotoIdentityResolveHandleParams {
  handle: string
}

export interface ComAtprotoIdentityResolveHandleOutput {
  did: string
}

export interface ComAtprotoIdentityResolveIdentityParams {
  identifier: string
}

export type ComAtprotoIdentityResolveIdentityOutput = ComAtprotoIdentityDefsIdentityInfo

export interface ComAtprotoIdentitySignPlcOperationInput {
  token?: string
  rotationKeys?: string[]
  alsoKnownAs?: string[]
  verificationMethods?: Record<string, unknown>
  services?: Record<string, unknown>
}

export interface ComAtprotoIdentitySignPlcOperationOutput {
  operation: Record<string, unknown>
}

export interface ComAtprotoIdentitySubmitPlcOperationInput {
  operation: Record<string, unknown>
}

export interface ComAtprotoIdentityUpdateHandleInput {
  handle: string
}

export interface ComAtprotoLabelDefsLabel {
  $type?: 'com.atproto.label.defs#label'
  ver?: number
  src: string
  uri: string
  cid?: string
  val: string
  neg?: boolean
  cts: string
  exp?: string
  sig?: LexBytes
}

export interface ComAtprotoLabelDefsSelfLabels {
  $type?: 'com.atproto.label.defs#selfLabels'
  values: ComAtprotoLabelDefsSelfLabel[]
}

export interface ComAtprotoLabelDefsSelfLabel {
  $type?: 'com.atproto.label.defs#selfLabel'
  val: string
}

export interface ComAtprotoLabelDefsLabelValueDefinition {
  $type?: 'com.atproto.label.defs#labelValueDefinition'
  identifier: string
  severity: 'inform' | 'alert' | 'none' | (string & {})
  blurs: 'content' | 'media' | 'none' | (string & {})
  defaultSetting?: 'ignore' | 'warn' | 'hide' | (string & {})
  adultOnly?: boolean
  locales: ComAtprotoLabelDefsLabelValueDefinitionStrings[]
}

export interface ComAtprotoLabelDefsLabelValueDefinitionStrings {
  $type?: 'com.atproto.label.defs#labelValueDefinitionStrings'
  lang: string
  name: string
  description: string
}

export type ComAtprotoLabelDefsLabelValue =
  '!hide' | '!warn' | '!no-unauthenticated' | 'porn' | 'sexual' | 'nudity' | 'graphic-media' | 'bot' | (string & {})

export interface ComAtprotoLabelQueryLabelsParams {
  uriPatterns: string[]
  sources?: string[]
  limit: number
  cursor?: string
}

export interface ComAtprotoLabelQueryLabelsOutput {
  cursor?: string
  labels: ComAtprotoLabelDefsLabel[]
}

export interface ComAtprotoLabelSubscribeLabelsParams {
  cursor?: number
}

export interface ComAtprotoLabelSubscribeLabelsLabels {
  $type?: 'com.atproto.label.subscribeLabels#labels'
  seq: number
  labels: ComAtprotoLabelDefsLabel[]
}

export interface ComAtprotoLabelSubscribeLabelsInfo {
  $type?: 'com.atproto.label.subscribeLabels#info'
  name: 'OutdatedCursor' | (string & {})
  message?: string
}

export interface ComAtprotoLexiconResolveLexiconParams {
  nsid: string
}

export interface ComAtprotoLexiconResolveLexiconOutput {
  cid: string
  schema: ComAtprotoLexiconSchema
  uri: string
}

export interface ComAtprotoLexiconSchema {
  $type: 'com.atproto.lexicon.schema'
  lexicon: number
}

export interface ComAtprotoModerationCreateReportInput {
  reasonType: ComAtprotoModerationDefsReasonType
  reason?: string
  subject: Typed<ComAtprotoAdminDefsRepoRef> | Typed<ComAtprotoRepoStrongRef>
  modTool?: ComAtprotoModerationCreateReportModTool
}

export interface ComAtprotoModerationCreateReportOutput {
  id: number
  reasonType: ComAtprotoModerationDefsReasonType
  reason?: string
  subject: Typed<ComAtprotoAdminDefsRepoRef> | Typed<ComAtprotoRepoStrongRef>
  reportedBy: string
  createdAt: string
}

export interface ComAtprotoModerationCreateReportModTool {
  $type?: 'com.atproto.moderation.createReport#modTool'
  name: string
  meta?: Record<string, unknown>
}

export type ComAtprotoModerationDefsReasonType =
  | 'com.atproto.moderation.defs#reasonSpam'
  | 'com.atproto.moderation.defs#reasonViolation'
  | 'com.atproto.moderation.defs#reasonMisleading'
  | 'com.atproto.moderation.defs#reasonSexual'
  | 'com.atproto.moderation.defs#reasonRude'
  | 'com.atproto.moderation.defs#reasonOther'
  | 'com.atproto.moderation.defs#reasonAppeal'
  | 'tools.ozone.report.defs#reasonAppeal'
  | 'tools.ozone.report.defs#reasonOther'
  | 'tools.ozone.report.defs#reasonViolenceAnimal'
  | 'tools.ozone.report.defs#reasonViolenceThreats'
  | 'tools.ozone.report.defs#reasonViolenceGraphicContent'
  | 'tools.ozone.report.defs#reasonViolenceGlorification'
  | 'tools.ozone.report.defs#reasonViolenceExtremistContent'
  | 'tools.ozone.report.defs#reasonViolenceTrafficking'
  | 'tools.ozone.report.defs#reasonViolenceOther'
  | 'tools.ozone.report.defs#reasonSexualAbuseContent'
  | 'tools.ozone.report.defs#reasonSexualNCII'
  | 'tools.ozone.report.defs#reasonSexualDeepfake'
  | 'tools.ozone.report.defs#reasonSexualAnimal'
  | 'tools.ozone.report.defs#reasonSexualUnlabeled'
  | 'tools.ozone.report.defs#reasonSexualOther'
  | 'tools.ozone.report.defs#reasonChildSafetyCSAM'
  | 'tools.ozone.report.defs#reasonChildSafetyGroom'
  | 'tools.ozone.report.defs#reasonChildSafetyPrivacy'
  | 'tools.ozone.report.defs#reasonChildSafetyHarassment'
  | 'tools.ozone.report.defs#reasonChildSafetyOther'
  | 'tools.ozone.report.defs#reasonHarassmentTroll'
  | 'tools.ozone.report.defs#reasonHarassmentTargeted'
  | 'tools.ozone.report.defs#reasonHarassmentHateSpeech'
  | 'tools.ozone.report.defs#reasonHarassmentDoxxing'
  | 'tools.ozone.report.defs#reasonHarassmentOther'
  | 'tools.ozone.report.defs#reasonMisleadingBot'
  | 'tools.ozone.report.defs#reasonMisleadingImpersonation'
  | 'tools.ozone.report.defs#reasonMisleadingSpam'
  | 'tools.ozone.report.defs#reasonMisleadingScam'
  | 'tools.ozone.report.defs#reasonMisleadingElections'
  | 'tools.ozone.report.defs#reasonMisleadingOther'
  | 'tools.ozone.report.defs#reasonRuleSiteSecurity'
  | 'tools.ozone.report.defs#reasonRuleProhibitedSales'
  | 'tools.ozone.report.defs#reasonRuleBanEvasion'
  | 'tools.ozone.report.defs#reasonRuleOther'
  | 'tools.ozone.report.defs#reasonSelfHarmContent'
  | 'tools.ozone.report.defs#reasonSelfHarmED'
  | 'tools.ozone.report.defs#reasonSelfHarmStunts'
  | 'tools.ozone.report.defs#reasonSelfHarmSubstances'
  | 'tools.ozone.report.defs#reasonSelfHarmOther'
  | (string & {})

export type ComAtprotoModerationDefsReasonSpam = 'com.atproto.moderation.defs#reasonSpam'

export type ComAtprotoModerationDefsReasonViolation = 'com.atproto.moderation.defs#reasonViolation'

export type ComAtprotoModerationDefsReasonMisleading = 'com.atproto.moderation.defs#reasonMisleading'

export type ComAtprotoModerationDefsReasonSexual = 'com.atproto.moderation.defs#reasonSexual'

export type ComAtprotoModerationDefsReasonRude = 'com.atproto.moderation.defs#reasonRude'

export type ComAtprotoModerationDefsReasonOther = 'com.atproto.moderation.defs#reasonOther'

export type ComAtprotoModerationDefsReasonAppeal = 'com.atproto.moderation.defs#reasonAppeal'

export type ComAtprotoModerationDefsSubjectType = 'account' | 'record' | 'chat' | (string & {})

export interface ComAtprotoRepoApplyWritesInput {
  repo: string
  validate?: boolean
  writes: (
    | Typed<ComAtprotoRepoApplyWritesCreate>
    | Typed<ComAtprotoRepoApplyWritesUpdate>
    | Typed<ComAtprotoRepoApplyWritesDelete>
  )[]
  swapCommit?: string
}

export interface ComAtprotoRepoApplyWritesOutput {
  commit?: ComAtprotoRepoDefsCommitMeta
  results?: (
    | Typed<ComAtprotoRepoApplyWritesCreateResult>
    | Typed<ComAtprotoRepoApplyWritesUpdateResult>
    | Typed<ComAtprotoRepoApplyWritesDeleteResult>
  )[]
}

export interface ComAtprotoRepoApplyWritesCreate {
  $type?: 'com.atproto.repo.applyWrites#create'
  collection: string
  rkey?: string
  value: Record<string, unknown>
}

export interface ComAtprotoRepoApplyWritesUpdate {
  $type?: 'com.atproto.repo.applyWrites#update'
  collection: string
  rkey: string
  value: Record<string, unknown>
}

export interface ComAtprotoRepoApplyWritesDelete {
  $type?: 'com.atproto.repo.applyWrites#delete'
  collection: string
  rkey: string
}

export interface ComAtprotoRepoApplyWritesCreateResult {
  $type?: 'com.atproto.repo.applyWrites#createResult'
  uri: string
  cid: string
  validationStatus?: 'valid' | 'unknown' | (string & {})
}

export interface ComAtprotoRepoApplyWritesUpdateResult {
  $type?: 'com.atproto.repo.applyWrites#updateResult'
  uri: string
  cid: string
  validationStatus?: 'valid' | 'unknown' | (string & {})
}

export interface ComAtprotoRepoApplyWritesDeleteResult {
  $type?: 'com.atproto.repo.applyWrites#deleteResult'
}

export interface ComAtprotoRepoCreateRecordInput {
  repo: string
  collection: string
  rkey?: string
  validate?: boolean
  record: Record<string, unknown>
  swapCommit?: string
}

export interface ComAtprotoRepoCreateRecordOutput {
  uri: string
  cid: string
  commit?: ComAtprotoRepoDefsCommitMeta
  validationStatus?: 'valid' | 'unknown' | (string & {})
}

export interface ComAtprotoRepoDefsCommitMeta {
  $type?: 'com.atproto.repo.defs#commitMeta'
  cid: string
  rev: string
}

export interface ComAtprotoRepoDeleteRecordInput {
  repo: string
  collection: string
  rkey: string
  swapRecord?: string
  swapCommit?: string
}

export interface ComAtprotoRepoDeleteRecordOutput {
  commit?: ComAtprotoRepoDefsCommitMeta
}

export interface ComAtprotoRepoDescribeRepoParams {
  repo: string
}

export interface ComAtprotoRepoDescribeRepoOutput {
  handle: string
  did: string
  didDoc: Record<string, unknown>
  collections: string[]
  handleIsCorrect: boolean
}

export interface ComAtprotoRepoGetRecordParams {
  repo: string
  collection: string
  rkey: string
  cid?: string
}

export interface ComAtprotoRepoGetRecordOutput {
  uri: string
  cid?: string
  value: Record<string, unknown>
}

export interface ComAtprotoRepoListMissingBlobsParams {
  limit: number
  cursor?: string
}

export interface ComAtprotoRepoListMissingBlobsOutput {
  cursor?: string
  blobs: ComAtprotoRepoListMissingBlobsRecordBlob[]
}

export interface ComAtprotoRepoListMissingBlobsRecordBlob {
  $type?: 'com.atproto.repo.listMissingBlobs#recordBlob'
  cid: string
  recordUri: string
}

export interface ComAtprotoRepoListRecordsParams {
  repo: string
  collection: string
  limit: number
  cursor?: string
  reverse?: boolean
}

export interface ComAtprotoRepoListRecordsOutput {
  cursor?: string
  records: ComAtprotoRepoListRecordsRecord[]
}

export interface ComAtprotoRepoListRecordsRecord {
  $type?: 'com.atproto.repo.listRecords#record'
  uri: string
  cid: string
  value: Record<string, unknown>
}

export interface ComAtprotoRepoPutRecordInput {
  repo: string
  collection: string
  rkey: string
  validate?: boolean
  record: Record<string, unknown>
  swapRecord?: string | null
  swapCommit?: string
}

export interface ComAtprotoRepoPutRecordOutput {
  uri: string
  cid: string
  commit?: ComAtprotoRepoDefsCommitMeta
  validationStatus?: 'valid' | 'unknown' | (string & {})
}

export interface ComAtprotoRepoStrongRef {
  $type?: 'com.atproto.repo.strongRef'
  uri: string
  cid: string
}

export interface ComAtprotoRepoUploadBlobOutput {
  blob: LexBlob
}

export interface ComAtprotoServerCheckAccountStatusOutput {
  activated: boolean
  validDid: boolean
  repoCommit: string
  repoRev: string
  repoBlocks: number
  indexedRecords: number
  privateStateValues: number
  expectedBlobs: number
  importedBlobs: number
}

export interface ComAtprotoServerConfirmEmailInput {
  email: string
  token: string
}

export interface ComAtprotoServerCreateAccountInput {
  email?: string
  handle: string
  did?: string
  inviteCode?: string
  verificationCode?: string
  verificationPhone?: string
  password?: string
  recoveryKey?: string
  plcOp?: Record<string, unknown>
}

export interface ComAtprotoServerCreateAccountOutput {
  accessJwt: string
  refreshJwt: string
  handle: string
  did: string
  didDoc?: Record<string, unknown>
}

export interface ComAtprotoServerCreateAppPasswordInput {
  name: string
  privileged?: boolean
}

export type ComAtprotoServerCreateAppPasswordOutput = ComAtprotoServerCreateAppPasswordAppPassword

export interface ComAtprotoServerCreateAppPasswordAppPassword {
  $type?: 'com.atproto.server.createAppPassword#appPassword'
  name: string
  password: string
  createdAt: string
  privileged?: boolean
}

export interface ComAtprotoServerCreateInviteCodeInput {
  useCount: number
  forAccount?: string
}

export interface ComAtprotoServerCreateInviteCodeOutput {
  code: string
}

export interface ComAtprotoServerCreateInviteCodesInput {
  codeCount: number
  useCount: number
  forAccounts?: string[]
}

export interface ComAtprotoServerCreateInviteCodesOutput {
  codes: ComAtprotoServerCreateInviteCodesAccountCodes[]
}

export interface ComAtprotoServerCreateInviteCodesAccountCodes {
  $type?: 'com.atproto.server.createInviteCodes#accountCodes'
  account: string
  codes: string[]
}

export interface ComAtprotoServerCreateSessionInput {
  identifier: string
  password: string
  authFactorToken?: string
  allowTakendown?: boolean
}

export interface ComAtprotoServerCreateSessionOutput {
  accessJwt: string
  refreshJwt: string
  handle: string
  did: string
  didDoc?: Record<string, unknown>
  email?: string
  emailConfirmed?: boolean
  emailAuthFactor?: boolean
  active?: boolean
  status?: 'takendown' | 'suspended' | 'deactivated' | (string & {})
}

export interface ComAtprotoServerDeactivateAccountInput {
  deleteAfter?: string
}

export interface ComAtprotoServerDefsInviteCode {
  $type?: 'com.atproto.server.defs#inviteCode'
  code: string
  available: number
  disabled: boolean
  forAccount: string
  createdBy: string
  createdAt: string
  uses: ComAtprotoServerDefsInviteCodeUse[]
}

export interface ComAtprotoServerDefsInviteCodeUse {
  $type?: 'com.atproto.server.defs#inviteCodeUse'
  usedBy: string
  usedAt: string
}

export interface ComAtprotoServerDeleteAccountInput {
  did: string
  password: string
  token: string
}

export interface ComAtprotoServerDescribeServerOutput {
  inviteCodeRequired?: boolean
  phoneVerificationRequired?: boolean
  blobUploadLimit?: number
  availableUserDomains: string[]
  links?: ComAtprotoServerDescribeServerLinks
  contact?: ComAtprotoServerDescribeServerContact
  did: string
}

export interface ComAtprotoServerDescribeServerLinks {
  $type?: 'com.atproto.server.describeServer#links'
  privacyPolicy?: string
  termsOfService?: string
}

export interface ComAtprotoServerDescribeServerContact {
  $type?: 'com.atproto.server.describeServer#contact'
  email?: string
}

export interface ComAtprotoServerGetAccountInviteCodesParams {
  includeUsed: boolean
  createAvailable: boolean
}

export interface ComAtprotoServerGetAccountInviteCodesOutput {
  codes: ComAtprotoServerDefsInviteCode[]
}

export interface ComAtprotoServerGetServiceAuthParams {
  aud: string
  exp?: number
  lxm?: string
}

export interface ComAtprotoServerGetServiceAuthOutput {
  token: string
}

export interface ComAtprotoServerGetSessionOutput {
  handle: string
  did: string
  didDoc?: Record<string, unknown>
  email?: string
  emailConfirmed?: boolean
  emailAuthFactor?: boolean
  active?: boolean
  status?: 'takendown' | 'suspended' | 'deactivated' | (string & {})
}

export interface ComAtprotoServerListAppPasswordsOutput {
  passwords: ComAtprotoServerListAppPasswordsAppPassword[]
}

export interface ComAtprotoServerListAppPasswordsAppPassword {
  $type?: 'com.atproto.server.listAppPasswords#appPassword'
  name: string
  createdAt: string
  privileged?: boolean
}

export interface ComAtprotoServerRefreshSessionOutput {
  accessJwt: string
  refreshJwt: string
  handle: string
  did: string
  didDoc?: Record<string, unknown>
  email?: string
  emailConfirmed?: boolean
  emailAuthFactor?: boolean
  active?: boolean
  status?: 'takendown' | 'suspended' | 'deactivated' | (string & {})
}

export interface ComAtprotoServerRequestEmailUpdateOutput {
  tokenRequired: boolean
}

export interface ComAtprotoServerRequestPasswordResetInput {
  email: string
}

export interface ComAtprotoServerReserveSigningKeyInput {
  did?: string
}

export interface ComAtprotoServerReserveSigningKeyOutput {
  signingKey: string
}

export interface ComAtprotoServerResetPasswordInput {
  token: string
  password: string
}

export interface ComAtprotoServerRevokeAppPasswordInput {
  name: string
}

export interface ComAtprotoServerUpdateEmailInput {
  email: string
  emailAuthFactor?: boolean
  token?: string
}

export type ComAtprotoSyncDefsHostStatus = 'active' | 'idle' | 'offline' | 'throttled' | 'banned' | (string & {})

export interface ComAtprotoSyncGetBlobParams {
  did: string
  cid: string
}

export interface ComAtprotoSyncGetBlocksParams {
  did: string
  cids: string[]
}

export interface ComAtprotoSyncGetCheckoutParams {
  did: string
}

export interface ComAtprotoSyncGetHeadParams {
  did: string
}

export interface ComAtprotoSyncGetHeadOutput {
  root: string
}

export interface ComAtprotoSyncGetHostStatusParams {
  hostname: string
}

export interface ComAtprotoSyncGetHostStatusOutput {
  hostname: string
  seq?: number
  accountCount?: number
  status?: ComAtprotoSyncDefsHostStatus
}

export interface ComAtprotoSyncGetLatestCommitParams {
  did: string
}

export interface ComAtprotoSyncGetLatestCommitOutput {
  cid: string
  rev: string
}

export interface ComAtprotoSyncGetRecordParams {
  did: string
  collection: string
  rkey: string
}

export interface ComAtprotoSyncGetRepoParams {
  did: string
  since?: string
}

export interface ComAtprotoSyncGetRepoStatusParams {
  did: string
}

export interface ComAtprotoSyncGetRepoStatusOutput {
  did: string
  active: boolean
  status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {})
  rev?: string
}

export interface ComAtprotoSyncListBlobsParams {
  did: string
  since?: string
  limit: number
  cursor?: string
}

export interface ComAtprotoSyncListBlobsOutput {
  cursor?: string
  cids: string[]
}

export interface ComAtprotoSyncListHostsParams {
  limit: number
  cursor?: string
}

export interface ComAtprotoSyncListHostsOutput {
  cursor?: string
  hosts: ComAtprotoSyncListHostsHost[]
}

export interface ComAtprotoSyncListHostsHost {
  $type?: 'com.atproto.sync.listHosts#host'
  hostname: string
  seq?: number
  accountCount?: number
  status?: ComAtprotoSyncDefsHostStatus
}

export interface ComAtprotoSyncListReposParams {
  limit: number
  cursor?: string
}

export interface ComAtprotoSyncListReposOutput {
  cursor?: string
  repos: ComAtprotoSyncListReposRepo[]
}

export interface ComAtprotoSyncListReposRepo {
  $type?: 'com.atproto.sync.listRepos#repo'
  did: string
  head: string
  rev: string
  active?: boolean
  status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {})
}

export interface ComAtprotoSyncListReposByCollectionParams {
  collection: string
  limit: number
  cursor?: string
}

export interface ComAtprotoSyncListReposByCollectionOutput {
  cursor?: string
  repos: ComAtprotoSyncListReposByCollectionRepo[]
}

export interface ComAtprotoSyncListReposByCollectionRepo {
  $type?: 'com.atproto.sync.listReposByCollection#repo'
  did: string
}

export interface ComAtprotoSyncNotifyOfUpdateInput {
  hostname: string
}

export interface ComAtprotoSyncRequestCrawlInput {
  hostname: string
}

export interface ComAtprotoSyncSubscribeReposParams {
  cursor?: number
}

export interface ComAtprotoSyncSubscribeReposCommit {
  $type?: 'com.atproto.sync.subscribeRepos#commit'
  seq: number
  rebase: boolean
  tooBig: boolean
  repo: string
  commit: LexLink
  rev: string
  since: string | null
  blocks: LexBytes
  ops: ComAtprotoSyncSubscribeReposRepoOp[]
  blobs: LexLink[]
  prevData?: LexLink
  time: string
}

export interface ComAtprotoSyncSubscribeReposSync {
  $type?: 'com.atproto.sync.subscribeRepos#sync'
  seq: number
  did: string
  blocks: LexBytes
  rev: string
  time: string
}

export interface ComAtprotoSyncSubscribeReposIdentity {
  $type?: 'com.atproto.sync.subscribeRepos#identity'
  seq: number
  did: string
  time: string
  handle?: string
}

export interface ComAtprotoSyncSubscribeReposAccount {
  $type?: 'com.atproto.sync.subscribeRepos#account'
  seq: number
  did: string
  time: string
  active: boolean
  status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {})
}

export interface ComAtprotoSyncSubscribeReposInfo {
  $type?: 'com.atproto.sync.subscribeRepos#info'
  name: 'OutdatedCursor' | (string & {})
  message?: string
}

export interface ComAtprotoSyncSubscribeReposRepoOp {
  $type?: 'com.atproto.sync.subscribeRepos#repoOp'
  action: 'create' | 'update' | 'delete' | (string & {})
  path: string
  cid: LexLink | null
  prev?: LexLink
}

export interface ComAtprotoTempAddReservedHandleInput {
  handle: string
}

export type ComAtprotoTempAddReservedHandleOutput = Empty

export interface ComAtprotoTempCheckHandleAvailabilityParams {
  handle: string
  email?: string
  birthDate?: string
}

export interface ComAtprotoTempCheckHandleAvailabilityOutput {
  handle: string
  result:
    | Typed<ComAtprotoTempCheckHandleAvailabilityResultAvailable>
    | Typed<ComAtprotoTempCheckHandleAvailabilityResultUnavailable>
}

export interface ComAtprotoTempCheckHandleAvailabilityResultAvailable {
  $type?: 'com.atproto.temp.checkHandleAvailability#resultAvailable'
}

export interface ComAtprotoTempCheckHandleAvailabilityResultUnavailable {
  $type?: 'com.atproto.temp.checkHandleAvailability#resultUnavailable'
  suggestions: ComAtprotoTempCheckHandleAvailabilitySuggestion[]
}

export interface ComAtprotoTempCheckHandleAvailabilitySuggestion {
  $type?: 'com.atproto.temp.checkHandleAvailability#suggestion'
  handle: string
  method: string
}

export interface ComAtprotoTempCheckSignupQueueOutput {
  activated: boolean
  placeInQueue?: number
  estimatedTimeMs?: number
}

export interface ComAtprotoTempDereferenceScopeParams {
  scope: string
}

export interface ComAtprotoTempDereferenceScopeOutput {
  scope: string
}

export interface ComAtprotoTempFetchLabelsParams {
  since?: number
  limit: number
}

export interface ComAtprotoTempFetchLabelsOutput {
  labels: ComAtprotoLabelDefsLabel[]
}

export interface ComAtprotoTempRequestPhoneVerificationInput {
  phoneNumber: string
}

export interface ComAtprotoTempRevokeAccountCredentialsInput {
  account: string
}

export interface ComGermnetworkDeclaration {
  $type: 'com.germnetwork.declaration'
  version: string
  currentKey: LexBytes
  messageMe?: ComGermnetworkDeclarationMessageMe
  keyPackage?: LexBytes
  continuityProofs?: LexBytes[]
}

export interface ComGermnetworkDeclarationMessageMe {
  $type?: 'com.germnetwork.declaration#messageMe'
  messageMeUrl: string
  showButtonTo: 'none' | 'usersIFollow' | 'everyone' | (string & {})
}
