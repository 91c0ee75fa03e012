/**
 * Consumer groups on a node: what the metadata leader does for members, and what anybody asks of a group.
 */
@NullMarked
package io.cordwood.server.group;

import org.jspecify.annotations.NullMarked;
