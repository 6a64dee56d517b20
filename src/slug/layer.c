#include "base/base.h"
#include "slug/layer.h"
#include "slug/recipe.h"

#include <stdlib.h>

json_t *sb_layer_json(const struct sb_layer *layer)
{
	json_t *out = sb_json_new_object(), *list = sb_json_new_array();

	sb_json_set_text(out, "name", layer->name);
	sb_json_set_text(out, "key", layer->key);
	sb_json_set_int(out, "size", layer->size);
	sb_json_set_int(out, "files", layer->files);
	sb_json_set_int(out, "unpacked", layer->unpacked);
	for (size_t i = 0; i < layer->n; i++) {
		json_t *piece = sb_json_new_object();

		sb_json_set_text(piece, "sha256", layer->piece[i].sha256);
		sb_json_set_int(piece, "size", layer->piece[i].size);
		sb_json_push_take(list, piece);
	}
	sb_json_set_take(out, "pieces", list);
	return out;
}

void sb_layer_release(struct sb_layer *layer)
{
	for (size_t i = 0; i < layer->n; i++)
		sb_piece_release(&layer->piece[i]);
	free(layer->piece);
	free(layer->name);
	*layer = (struct sb_layer) { 0 };
}
