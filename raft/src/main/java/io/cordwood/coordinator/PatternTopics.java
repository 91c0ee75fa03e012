package io.cordwood.coordinator;

import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What comes into the log of the topics that a member's pattern matches when it says hello, or why the member is refused.
 * A pattern that its group knows is not looked at again, even if none such would be taken any more: {@link TopicWatch}
 * cares for it.
 *
 * @param names as far as there was time to look for them, and one entry holds them; {@link TopicWatch} adds the others
 */
record PatternTopics(Optional<GroupRefusal> refusal, SortedSet<String> names) {

    static PatternTopics of(MemberHello hello, MetadataImage image, TopicWatch topics) {
        var refusal = Hellos.check(hello);
        var pattern = hello.subscription().pattern();
        if (refusal.isPresent() || pattern.isEmpty() || isKnown(pattern, hello.group(), image)) {
            return new PatternTopics(refusal, new TreeSet<>());
        }
        var wrong = TopicPattern.check(pattern);
        if (wrong.isPresent()) {
            return new PatternTopics(wrong, new TreeSet<>());
        }
        var names = topics.matching(pattern, image);
        return new PatternTopics(Optional.empty(), EntryBudget.fitting(names, Hellos.room(hello)));
    }

    private static boolean isKnown(String pattern, String group, MetadataImage image) {
        return image.groups()
                .group(group)
                .filter(found -> found.membership().patterns().containsKey(pattern))
                .isPresent();
    }
}
