/** Decides on the metadata leader what becomes of consumer groups: who is alive, what is written, what members are told. */
@NullMarked
package io.cordwood.coordinator;

import org.jspecify.annotations.NullMarked;
