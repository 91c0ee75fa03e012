/** What partitions cost a node, each being a raft group of its own. */
@NullMarked
package io.cordwood.bench.groups;

import org.jspecify.annotations.NullMarked;
