/**
 * Consumer groups that use a cluster during a run: members are processes that come, go, are killed and
 * stand still.
 */
@NullMarked
package io.cordwood.chaos.group;

import org.jspecify.annotations.NullMarked;
