package io.cordwood.it;

import io.cordwood.store.DirectoryTree;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Function;

/** What befalls the metadata group's files of a node that is down, below what its floor covers. */
enum MetadataDamage {
    LOG_CUT(node -> node.metadataLog().newestFile(), FileHarm.CUT),
    LOG_ZEROED(node -> node.metadataLog().newestFile(), FileHarm.ZEROED),
    LOG_FLIPPED(node -> node.metadataLog().newestFile(), FileHarm.FLIPPED),
    LOG_DELETED(node -> node.metadataLog().newestFile(), FileHarm.DELETED),
    CLOSED_LOG_CUT(node -> node.metadataLog().largestClosedFile(), FileHarm.CUT),
    CLOSED_LOG_FLIPPED(node -> node.metadataLog().largestClosedFile(), FileHarm.FLIPPED),
    SNAPSHOT_CUT(NodeFiles::metadataSnapshot, FileHarm.CUT),
    SNAPSHOT_ZEROED(NodeFiles::metadataSnapshot, FileHarm.ZEROED),
    SNAPSHOT_FLIPPED(NodeFiles::metadataSnapshot, FileHarm.FLIPPED),
    DIRECTORY_DELETED(node -> DirectoryTree.delete(node.metadataLog().group()));

    @SuppressWarnings("ImmutableEnumChecker") // functions without a state
    private final Consumer<NodeFiles> harm;

    MetadataDamage(Consumer<NodeFiles> harm) {
        this.harm = harm;
    }

    MetadataDamage(Function<NodeFiles, Path> file, FileHarm harm) {
        this(node -> harm.doTo(file.apply(node)));
    }

    void doTo(NodeFiles node) {
        harm.accept(node);
    }
}
