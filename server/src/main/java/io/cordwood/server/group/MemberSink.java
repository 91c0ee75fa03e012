package io.cordwood.server.group;

import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.server.cluster.Refusal;
import java.util.SortedMap;

/**
 * The stream of a member, as the coordination speaks to it.
 *
 * <p><b>Thread:</b> the coordination's, which must not be held up.
 */
public interface MemberSink {
    /**
     * What the member may process; the first time this says that it is one.
     *
     * @param image that shows it, with the committed offsets
     */
    void assigned(GroupAssignment assignment, GroupSettings settings, MetadataImage image);

    /** The member was heard. */
    void heard(long pingId, GroupSettings settings);

    /** @param refused offsets by their places in the request */
    void committed(long requestId, SortedMap<Integer, GroupRefusal> refused);

    /** The stream ends; nothing comes afterwards. */
    void ended(Refusal reason);
}
